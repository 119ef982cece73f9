"""Reads what `plumbline export` wrote with PM4Py, unchanged, in all four formats, and compares the counts with the record's.

    python read_export.py FOLDER CASES ACTS FINDINGS DUTIES    # FOLDER has log.xes, log.csv, log.parquet and log.ocel of one record
"""
import json
import sys
from pathlib import Path

import pandas
import pm4py
from pm4py.util.constants import DEFAULT_XES_PARSER

folder = Path(sys.argv[1])
held = dict(zip(("cases", "acts", "findings", "duties"), map(int, sys.argv[2:6])))
wrong = []


def flat(name, log):
    acts = log["concept:name"].value_counts().to_dict()
    found = {}
    for cell in log.get("plumbline:findings", pandas.Series(dtype=object)).dropna():
        for rule in str(cell).split(","):
            found[rule] = found.get(rule, 0) + 1
    graph, starts, ends = pm4py.discover_dfg(log)
    print(f"{name:8} {log['case:concept:name'].nunique():6} cases {len(log):7} acts {len(acts):4} kinds "
          f"{len(found):3} rules {sum(found.values()):5} findings {len(graph):5} arcs of the directly-follows graph")
    if not pandas.api.types.is_datetime64_any_dtype(log["time:timestamp"]):
        wrong.append(f"{name}: time:timestamp is not a time but {log['time:timestamp'].dtype}")
    return log["case:concept:name"].nunique(), len(log), acts, found, sum(graph.values())


def csv():
    log = pandas.read_csv(folder / "log.csv", dtype={"case:concept:name": str, "org:resource": str}, low_memory=False)
    return pm4py.format_dataframe(log, case_id="case:concept:name", activity_key="concept:name", timestamp_key="time:timestamp")


seen = {
    "xes": flat("xes", pm4py.read_xes(str(folder / "log.xes"), variant=DEFAULT_XES_PARSER)),
    "xes rust": flat("xes rust", pm4py.read_xes(str(folder / "log.xes"), variant="rustxes")),
    "csv": flat("csv", csv()),
    "parquet": flat("parquet", pandas.read_parquet(folder / "log.parquet")),
}
if seen["xes"][:2] != (held["cases"], held["acts"]):
    wrong.append(f"xes: {seen['xes'][:2]} cases and acts, the record has {held}")
for name in ("xes rust", "csv", "parquet"):
    for i, what in enumerate(["cases", "acts", "acts by kind", "findings by rule"]):
        if seen[name][i] != seen["xes"][i]:
            wrong.append(f"{name}: {what} differ from xes: {seen[name][i]} / {seen['xes'][i]}")

log = pm4py.read_ocel2_json(str(folder / "log.ocel"))
objects = log.objects["ocel:type"].value_counts().to_dict()
acts = log.events["ocel:activity"].value_counts().to_dict()
print(f"ocel     {objects.get('case', 0):6} cases {len(log.events):7} acts {len(acts):4} kinds {objects}")
if (objects.get("case", 0), len(log.events), acts) != seen["xes"][:3]:
    wrong.append("ocel: cases or acts differ from xes")
if (objects.get("finding"), objects.get("duty")) != (held["findings"], held["duties"]):
    wrong.append(f"ocel: {objects}, the record has {held}")
raw = json.load(open(folder / "log.ocel"))
if len(raw["objects"]) != len(log.objects) or sum(len(e["relationships"]) for e in raw["events"]) != len(log.relations):
    wrong.append(f"ocel: {len(log.objects)} objects and {len(log.relations)} relations were read of {len(raw['objects'])} and {sum(len(e['relationships']) for e in raw['events'])}")
flattened = pm4py.ocel_flattening(log, "case")
if flattened["case:concept:name"].nunique() != seen["xes"][0] or len(flattened) != seen["xes"][1]:
    wrong.append("ocel: flattened to cases it is another log")

for line in wrong:
    print("WRONG", line)
sys.exit(1 if wrong else 0)
