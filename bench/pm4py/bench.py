"""Audits one log with plumbline and with PM4Py, in turns in one run, and prints what each took beside the other.

    python bench.py LOG.xes.gz --plumbline bin/plumbline --net RoadFines_NoData.pnml [--rounds 3] [--most 600]

Every task is a process of its own; wall time, processor time (user + sys) and memory are the whole process's, and the
parts of it stand beside. On a machine shared with others the processor time says more than the wall.
The three rules are those of packs/it-road-fines/narrative of which both must find the same number.
"""
import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import threading
import time

ACT, CASE, TIME = "concept:name", "case:concept:name", "time:timestamp"


class Parts:
    """Wall and processor seconds of the parts of a task."""

    def __init__(self):
        self.took, self.at = {}, (time.perf_counter(), time.process_time())

    def done(self, name):
        now = (time.perf_counter(), time.process_time())
        self.took[name] = [now[0] - self.at[0], now[1] - self.at[1]]
        self.at = now


def rules(log):
    """sent-late, notified-late and never-notified in columns: days are civil days in Rome, as the narrative counts them."""
    log = log[log[ACT].isin(["Create Fine", "Send Fine", "Insert Fine Notification"])]
    day = log[TIME].dt.tz_convert("Europe/Rome").dt.tz_localize(None).dt.normalize()
    first = {act: day[log[ACT] == act].groupby(log[CASE]).first() for act in ("Create Fine", "Send Fine", "Insert Fine Notification")}
    made, sent, told = first.values()

    def late(then):
        return int(((then - made.reindex(then.index)).dt.days > 90).sum())

    return {"sent-late": late(sent), "notified-late": late(told), "never-notified": int((~sent.index.isin(told.index)).sum())}


def net_of(path):
    import xml.etree.ElementTree as tree
    import pm4py
    net, start, _ = pm4py.read_pnml(path)
    ends = [p.get("id") for p in tree.parse(path).iter() if p.tag.endswith("place") and any(
        c.tag.endswith("finalMarking") and c.find("{*}text").text.strip() == "1" for c in p)]
    from pm4py.objects.petri_net.obj import Marking
    end = Marking({p: 1 for p in net.places if p.name in ends})
    if len(end) != len(ends) or not ends:
        raise SystemExit(f"the net's final places {ends} were not found among {[p.name for p in net.places]}")
    for t in net.transitions:
        if t.label and t.label.startswith("Inv"):
            t.label = None  # the file gives its silent steps names
    return net, start, end


def task(name, log_path, net_path):
    parts = Parts()
    import pm4py
    import pm4py.objects.conversion.log.converter  # noqa: F401, what reading needs is loaded before
    parts.done("start")
    log = pm4py.read_xes(log_path, variant=None if name == "rules-default" else "rustxes")
    parts.done("read")
    out = {"cases": int(log[CASE].nunique()), "acts": len(log)}
    if name.startswith("rules"):
        parts.at = (time.perf_counter(), time.process_time())
        out["found"] = rules(log)
        parts.done("check")
    elif name == "declare":
        model = pm4py.discover_declare(log)
        parts.done("discover")
        result = pm4py.conformance_declare(log, model)
        out["deviating"] = sum(1 for r in result if not r["is_fit"])
        parts.done("check")
    elif name == "replay":
        net, start, end = net_of(net_path)
        parts.at = (time.perf_counter(), time.process_time())
        result = pm4py.conformance_diagnostics_token_based_replay(log, net, start, end)
        out["deviating"] = sum(1 for r in result if not r["trace_is_fit"])
        parts.done("check")
    elif name == "alignments":
        net, start, end = net_of(net_path)
        out["variants"] = len(pm4py.get_variants(log))
        parts.at = (time.perf_counter(), time.process_time())
        result = pm4py.conformance_diagnostics_alignments(log, net, start, end)
        out["deviating"] = sum(1 for r in result if r["fitness"] < 1)
        parts.done("check")
    out["parts"] = parts.took
    print("\n" + json.dumps(out))


def measured(argv, most):
    """Runs a process; its wall and processor seconds, memory in MB and what it printed. None: it took too long."""
    start = time.perf_counter()
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as p:
        late = threading.Timer(most, p.kill)
        late.start()
        text = p.stdout.read()
        _, status, used = os.wait4(p.pid, 0)
        p.returncode = os.waitstatus_to_exitcode(status)
        late.cancel()
    wall = time.perf_counter() - start
    if p.returncode == -9 and wall >= most:
        return None
    if p.returncode != 0:
        raise SystemExit(f"{' '.join(argv)}: exit {p.returncode}")
    return {"wall": wall, "cpu": used.ru_utime + used.ru_stime, "mb": used.ru_maxrss / 1024, "text": text}


def told(run):
    """What a task said: its last line, for libraries print too."""
    return json.loads(run["text"].decode().strip().splitlines()[-1])


def main():
    a = argparse.ArgumentParser()
    a.add_argument("log")
    a.add_argument("--net", required=True)
    a.add_argument("--plumbline", required=True)
    a.add_argument("--rounds", type=int, default=3)
    a.add_argument("--most", type=float, default=600, help="seconds after which a task of PM4Py is ended")
    a.add_argument("--task", help=argparse.SUPPRESS)
    a = a.parse_args()
    if a.task:
        return task(a.task, a.log, a.net)

    import importlib.metadata
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start; Python {platform.python_version()}, " +
          ", ".join(f"{n} {importlib.metadata.version(n)}" for n in ("pm4py", "rustxes", "pandas")), flush=True)

    def ours(procedure):
        return [a.plumbline, "audit", a.log, "--procedure", "it-road-fines/" + procedure, "--format", "json"]

    def theirs(name):
        return [sys.executable, __file__, a.log, "--net", a.net, "--plumbline", a.plumbline, "--task", name]

    runs = {}

    def run(name, argv):
        m = measured(argv, a.most)
        if m:
            print(f"  {name:32} wall {m['wall']:8.2f} s  cpu {m['cpu']:8.2f} s  {m['mb']:6.0f} MB", flush=True)
        else:
            print(f"  {name:32} ended after {a.most:.0f} s", flush=True)
        runs.setdefault(name, []).append(m)
        return m

    for _ in range(a.rounds):
        run("gzip -dc", ["gzip", "-dc", a.log] if a.log.endswith(".gz") else ["cat", a.log])
        run("plumbline, 20 rules", ours("narrative"))
        run("pm4py default reader, 3 rules", theirs("rules-default"))
        run("plumbline, 20 rules", ours("narrative"))
        run("pm4py rustxes reader, 3 rules", theirs("rules-rust"))
        run("plumbline, the published net", ours("published-model"))
    for name in ("replay", "alignments", "declare"):
        run("pm4py " + name, theirs(name))
        run("plumbline, the published net", ours("published-model"))

    report = json.loads(runs["plumbline, 20 rules"][0]["text"])
    count = {f["rule"]: f["count"] for f in report["findings"]}
    for name in ("pm4py default reader, 3 rules", "pm4py rustxes reader, 3 rules"):
        got = told(runs[name][0])
        if (got["cases"], got["acts"]) != (report["cases"], report["acts"]) or any(count[r] != n for r, n in got["found"].items()):
            raise SystemExit(f"{name} found {got}, plumbline {report['cases']} cases, {report['acts']} acts and {count}: not the same work")
    print(f"both found {got['found']} in {report['cases']} cases, {report['acts']} acts\n")

    def middle(name, key):
        return statistics.median(m[key] for m in runs[name])

    def row(name, base):
        parts = [told(m)["parts"] for m in runs[name]] if name.startswith("pm4py") else []
        text = ", ".join(f"{p} {statistics.median(x[p][1] for x in parts):.1f}" for p in (parts[0] if parts else []))
        wall, cpu = middle(name, "wall"), middle(name, "cpu")
        ratio = f"{wall / middle(base, 'wall'):.1f} / {cpu / middle(base, 'cpu'):.1f}"
        if parts:  # without starting Python and loading its libraries, which a session does once
            loaded = [(sum(v[0] for k, v in x.items() if k != "start"), sum(v[1] for k, v in x.items() if k != "start")) for x in parts]
            ratio += f" | {statistics.median(x[0] for x in loaded) / middle(base, 'wall'):.1f} / {statistics.median(x[1] for x in loaded) / middle(base, 'cpu'):.1f}"
        print(f"| {name} | {wall:.2f} | {cpu:.2f} | {middle(name, 'mb'):.0f} | {ratio} | {text} |")

    print("| what | wall s | cpu s | MB | times plumbline: wall / cpu, then without loading Python | parts, cpu s |\n|---|---|---|---|---|---|")
    for name in ("plumbline, 20 rules", "gzip -dc", "pm4py default reader, 3 rules", "pm4py rustxes reader, 3 rules"):
        row(name, "plumbline, 20 rules")
    row("plumbline, the published net", "plumbline, the published net")
    for name in ("pm4py replay", "pm4py alignments", "pm4py declare"):
        if runs[name][0] is None:
            print(f"| {name} | more than {a.most:.0f} | | | more than {a.most / middle('plumbline, the published net', 'wall'):.0f} | |")
        else:
            row(name, "plumbline, the published net")
    for name in ("pm4py replay", "pm4py alignments", "pm4py declare"):
        if runs[name][0]:
            got = told(runs[name][0])
            print(f"{name}: {got['deviating']} of {got['cases']} cases deviate")
    print(f"load at the end {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
