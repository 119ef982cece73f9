"""Audits real logs with plumbline and with PM4Py, in turns in one run, and prints how many times as long PM4Py takes.

    python bench.py DATA --plumbline bin/plumbline --packs packs [--rounds 3] [--most 600] [--only receipt]

DATA holds rtfm/ and permits/. Every task is a process of its own; wall time, processor time (user + sys) and memory are the
whole process's. Each ratio is taken within a round, so that both sides met the same neighbours; the middle and the extremes
of the rounds are printed. What PM4Py finds by a rule must be what plumbline finds by it, or the run stops.
"""
import argparse
import importlib.metadata
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

ACT, CASE, TIME = "concept:name", "case:concept:name", "time:timestamp"


# What PM4Py checks: the rules in columns, as fast as they can be written in pandas. Days are civil days where the log is from.

def days(column, zone):
    import pandas
    return pandas.to_datetime(column, utc=True, format="ISO8601").dt.tz_convert(zone).dt.tz_localize(None).dt.normalize()


def fines(log):
    """Three of the twenty rules of it-road-fines/narrative."""
    log = log[log[ACT].isin(["Create Fine", "Send Fine", "Insert Fine Notification"])]
    day = days(log[TIME], "Europe/Rome")
    made, sent, told = (day[log[ACT] == act].groupby(log[CASE]).first() for act in ("Create Fine", "Send Fine", "Insert Fine Notification"))

    def late(then):
        return int(((then - made.reindex(then.index)).dt.days > 90).sum())

    return {"sent-late": late(sent), "notified-late": late(told), "never-notified": int((~sent.index.isin(told.index)).sum())}


def receipt(log):
    """Five of the nine rules of nl-permit-receipt/receipt. Where a case has no end the Rust reader gives it the date that the
    log declares for all, in 1970."""
    zone = "Europe/Amsterdam"
    day = days(log[TIME], zone)
    ends = days(log["case:enddate"], zone)
    ends = ends.where(ends.dt.year > 1970)
    cases = log.groupby(CASE).first()
    deadline, planned = (days(cases["case:" + c], zone) for c in ("deadline", "enddate_planned"))
    ended = ends.groupby(log[CASE]).first()
    return {
        "ended-late": int((ended > deadline).sum()),
        "open-late": int((ended.isna() & (deadline < day.max())).sum()),
        "ended-after-plan": int((ended > planned).sum()),
        "after-end": int((day > ends).sum()),
        "before-start": int((day < days(log["case:startdate"], zone)).sum()),
    }


def permits(log):
    """The nine rules of nl-permits/permit."""
    import pandas
    zone = "Europe/Amsterdam"
    day, due, planned = (days(log[c], zone) for c in (TIME, "dueDate", "planned"))
    finished = pandas.to_datetime(log["dateFinished"]).dt.normalize()
    cases = log.groupby(CASE).first()
    plan, ended = days(cases["case:endDatePlanned"], zone), days(cases["case:endDate"], zone)
    return {
        "done-late": int((day > due).sum()),
        "finished-late": int((finished > due).sum()),
        "done-after-plan": int((day > planned).sum()),
        "dated-ahead": int((day > finished).sum()),
        "own-monitor": int((log["org:resource"] == log["monitoringResource"]).sum()),
        "case-ended-late": int((ended > plan).sum()),
        "case-open-late": int((ended.isna() & (plan < day.max())).sum()),
        "after-end": int((day > days(log["case:endDate"], zone)).sum()),
        "before-start": int((day < days(log["case:startDate"], zone)).sum()),
    }


LOGS = {  # file, procedure, mapping, check
    "fines": ("rtfm/Road_Traffic_Fine_Management_Process.xes.gz", "it-road-fines/narrative", None, fines),
    "permits": ("permits/BPIC15_1.xes.gz", "nl-permits/permit", "nl-permits/mapping.yaml", permits),
    "receipt": ("permits/receipt.xes.gz", "nl-permit-receipt/receipt", None, receipt),
}
NET = "rtfm/RoadFines_NoData.pnml"


def constraints():
    """Ten rules of it-road-fines/narrative as Declare, rule -> [(template, act, act)]: those that are about order alone. Not
    paid-then-sent: PM4Py's nonsuccession passes over a payment before the sending where another came after it.
    """
    create, send, notify, pay, penalty = "Create Fine", "Send Fine", "Insert Fine Notification", "Payment", "Add penalty"
    dated, sent = "Insert Date Appeal to Prefecture", "Send Appeal to Prefecture"
    result, told = "Receive Result Appeal from Prefecture", "Notify Result Appeal to Offender"
    judge, collect = "Appeal to Judge", "Send for Credit Collection"
    later = [create, send, notify, pay, penalty, dated, sent, result, told, judge]
    both = "responded_existence"
    return {
        "never-notified": [("response", send, notify)],
        "prefecture-appeal-unnotified": [(both, dated, notify)],
        "judge-appeal-unnotified": [(both, judge, notify)],
        "result-unsent": [(both, result, sent)],
        "appeal-not-sent": [(both, dated, sent)],
        "result-missing": [(both, sent, result)],
        "result-not-notified": [(both, result, told)],
        "both-remedies": [("noncoexistence", judge, dated), ("noncoexistence", judge, sent)],
        "collection-after-judge": [("noncoexistence", collect, judge)],
        "act-after-collection": [("nonsuccession", collect, x) for x in later],
    }


def net_of(path):
    import xml.etree.ElementTree as tree
    import pm4py
    from pm4py.objects.petri_net.obj import Marking
    net, start, _ = pm4py.read_pnml(path)
    ends = [p.get("id") for p in tree.parse(path).iter() if p.tag.endswith("place") and any(
        c.tag.endswith("finalMarking") and c.find("{*}text").text.strip() == "1" for c in p)]
    end = Marking({p: 1 for p in net.places if p.name in ends})
    if len(end) != len(ends) or not ends:
        raise SystemExit(f"the net's final places {ends} were not found among {[p.name for p in net.places]}")
    for t in net.transitions:
        if t.label and t.label.startswith("Inv"):
            t.label = None  # the file gives its silent steps names
    return net, start, end


class Parts:
    """Wall and processor seconds of the parts of a task."""

    def __init__(self):
        self.took, self.at = {}, (time.perf_counter(), time.process_time())

    def done(self, name):
        now = (time.perf_counter(), time.process_time())
        self.took[name] = [now[0] - self.at[0], now[1] - self.at[1]]
        self.at = now


def task(name, which, data):
    """One task of PM4Py, in a process of its own; prints what it found and what its parts took."""
    parts = Parts()
    import pm4py
    import pm4py.objects.conversion.log.converter  # noqa: F401, what reading needs is loaded before
    from pm4py.util.constants import DEFAULT_XES_PARSER
    parts.done("start")
    # The reader that PM4Py takes by itself where the Rust one is not installed, and the Rust one.
    file, _, _, check = LOGS[which]
    log = pm4py.read_xes(str(data / file), variant=DEFAULT_XES_PARSER if name == "default" else "rustxes")
    parts.done("read")
    out = {"cases": int(log[CASE].nunique()), "acts": len(log)}
    parts.at = (time.perf_counter(), time.process_time())
    if name in ("default", "rust"):
        out["found"] = check(log)
    elif name == "declare":
        rules = constraints()
        model = {}
        for c in (c for list in rules.values() for c in list):
            model.setdefault(c[0], {})[c[1:]] = {"support": 1, "confidence": 1}
        broken = [{(d[0], *d[1]) for d in case["deviations"]} for case in pm4py.conformance_declare(log, model)]
        out["found"] = {rule: sum(1 for case in broken if case & set(any)) for rule, any in rules.items()}
    else:
        net = net_of(str(data / NET))
        if name == "replay":
            out["found"] = {"control-flow": sum(1 for r in pm4py.conformance_diagnostics_token_based_replay(log, *net) if not r["trace_is_fit"])}
        else:  # one alignment for each variant, as PM4Py does it
            out["found"] = {"control-flow": sum(1 for r in pm4py.conformance_diagnostics_alignments(log, *net) if r["fitness"] < 1)}
    parts.done("check")
    out["parts"] = parts.took
    print("\n" + json.dumps(out))


def busy():
    """Processor seconds that the whole machine has spent."""
    user, nice, system, _, _, irq, soft, *_ = map(int, open("/proc/stat").readline().split()[1:])
    return (user + nice + system + irq + soft) / os.sysconf("SC_CLK_TCK")


def measured(argv, most, keep):
    """Runs a process; its wall and processor seconds, memory in MB, how many cores others kept busy, what it printed. None: it
    took too long."""
    start, before = time.perf_counter(), busy()
    with subprocess.Popen(argv, stdout=subprocess.PIPE if keep else subprocess.DEVNULL, stderr=subprocess.PIPE if keep else subprocess.DEVNULL) as p:
        late = threading.Timer(most, p.kill)
        late.start()
        text = p.stdout.read() if keep else b""
        wrong = p.stderr.read().decode() if keep else ""
        _, status, used = os.wait4(p.pid, 0)
        p.returncode = os.waitstatus_to_exitcode(status)
        late.cancel()
    wall, cpu = time.perf_counter() - start, used.ru_utime + used.ru_stime
    if p.returncode == -9 and wall >= most:
        return None
    if p.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, argv))}: exit {p.returncode}\n{wrong[-2000:]}")
    return {"wall": wall, "cpu": cpu, "mb": used.ru_maxrss / 1024, "others": max(0, (busy() - before - cpu) / wall), "text": text}


class Bench:
    def __init__(self, a):
        self.a, self.runs = a, {}

    def run(self, name, argv, keep=True):
        m = measured(argv, self.a.most, keep)
        if m and name[1].startswith("pm4py"):  # what it said: its last line, for libraries print too
            m["told"] = json.loads(m["text"].decode().strip().splitlines()[-1])
            m["loaded"] = sum(wall for part, (wall, _) in m["told"]["parts"].items() if part != "start")
        text = f"wall {m['wall']:8.2f} s  cpu {m['cpu']:8.2f} s  {m['mb']:6.0f} MB  others on {m['others']:.1f} cores" if m else f"ended after {self.a.most:.0f} s"
        print(f"  {name[0]:8} {name[1]:22} {text}", flush=True)
        self.runs.setdefault(name, []).append(m)

    def ours(self, which, name, procedure):
        file, _, mapping, _ = LOGS[which]
        argv = [self.a.plumbline, "audit", self.a.data / file, "--procedure", procedure, "--format", "json"]
        self.run((which, name), argv + (["--map", self.a.packs / mapping] if mapping else []))

    def theirs(self, which, name, task):
        self.run((which, name), [sys.executable, __file__, self.a.data, "--plumbline", self.a.plumbline, "--log", which, "--task", task])

    def same(self, which, mine, theirs, cases=False):
        """Both found the same by the rules that both have."""
        report = json.loads(self.runs[which, mine][0]["text"])
        have = {f["rule"]: f["cases" if cases else "count"] for f in report["findings"]}
        for m in self.runs[which, theirs]:
            if m is None:
                continue
            told = m["told"]
            if (told["cases"], told["acts"]) != (report["cases"], report["acts"]) or any(have[r] != n for r, n in told["found"].items()):
                raise SystemExit(f"{which}: {theirs} found {told}, plumbline {report['cases']} cases, {report['acts']} acts and {have}: not the same work")
        print(f"{which}: {theirs} and {mine} agree on {', '.join(f'{r} {n}' for r, n in told['found'].items())}")

    def ratio(self, which, much, little, key):
        """much / little, round by round: middle, least, most. Of PM4Py, loaded is the wall time after Python's libraries are there."""
        of = [m[key] / n["wall" if key == "loaded" else key] for m, n in zip(self.runs[which, much], self.runs[which, little]) if m and n]
        return f"{statistics.median(of):.1f} ({min(of):.1f}–{max(of):.1f})" if of else "–"

    def table(self, which, base, rows):
        print(f"\n| {which} | wall s | cpu s | MB | times plumbline, wall | cpu | wall without loading Python | of PM4Py, cpu s |\n|---|---|---|---|---|---|---|---|")
        for name in [base, *rows]:
            done = [m for m in self.runs[which, name] if m]
            if not done:
                print(f"| {name} | more than {self.a.most:.0f} | | | | | | |")
                continue
            middle = {k: statistics.median(m[k] for m in done) for k in ("wall", "cpu", "mb")}
            parts = ", ".join(f"{p} {statistics.median(m['told']['parts'][p][1] for m in done):.1f}" for p in done[0].get("told", {}).get("parts", []))
            text = " | | " if name == base else f"{self.ratio(which, name, base, 'wall')} | {self.ratio(which, name, base, 'cpu')} | {self.ratio(which, name, base, 'loaded') if parts else ''}"
            print(f"| {name} | {middle['wall']:.2f} | {middle['cpu']:.2f} | {middle['mb']:.0f} | {text} | {parts} |")


def main():
    a = argparse.ArgumentParser()
    a.add_argument("data", type=Path)
    a.add_argument("--plumbline", required=True)
    a.add_argument("--packs", type=Path, default=Path("packs"))
    a.add_argument("--rounds", type=int, default=3)
    a.add_argument("--most", type=float, default=600, help="seconds after which a task is ended")
    a.add_argument("--only", choices=LOGS, help="this log alone")
    a.add_argument("--log", choices=LOGS, help=argparse.SUPPRESS)
    a.add_argument("--task", help=argparse.SUPPRESS)
    a = a.parse_args()
    if a.task:
        return task(a.task, a.log, a.data)
    logs = [a.only] if a.only else list(LOGS)
    for which in logs:
        if not (a.data / LOGS[which][0]).exists():
            raise SystemExit(f"{a.data / LOGS[which][0]} is not there: name the folder of the real logs")
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start; Python {platform.python_version()}, " +
          ", ".join(f"{n} {importlib.metadata.version(n)}" for n in ("pm4py", "rustxes", "pandas")), flush=True)
    b = Bench(a)
    for _ in range(a.rounds):
        for which in logs:
            file, procedure, _, _ = LOGS[which]
            b.run((which, "gzip -dc"), ["gzip", "-dc", a.data / file], keep=False)
            b.ours(which, "plumbline", procedure)
            b.theirs(which, "pm4py, default reader", "default")
            b.theirs(which, "pm4py, Rust reader", "rust")
        if "fines" in logs:
            b.ours("fines", "plumbline, net", "it-road-fines/published-model")
            b.theirs("fines", "pm4py, declare", "declare")
            b.theirs("fines", "pm4py, replay", "replay")
            b.theirs("fines", "pm4py, alignments", "align")
    print()
    for which in logs:
        b.same(which, "plumbline", "pm4py, default reader")
        b.same(which, "plumbline", "pm4py, Rust reader")
    if "fines" in logs:
        b.same("fines", "plumbline", "pm4py, declare", cases=True)
        b.same("fines", "plumbline, net", "pm4py, replay", cases=True)
        b.same("fines", "plumbline, net", "pm4py, alignments", cases=True)
    for which in logs:
        b.table(which, "plumbline", ["gzip -dc", "pm4py, default reader", "pm4py, Rust reader"] + (["pm4py, declare"] if which == "fines" else []))
    if "fines" in logs:
        b.table("fines", "plumbline, net", ["pm4py, replay", "pm4py, alignments"])
    if not importlib.util.find_spec("pm4py.algo.conformance.dcr"):
        print("\nDCR conformance: this PM4Py has none, so that it has nothing to be measured by")
    if "fines" in logs:
        print("\nAims, on the road fines:")
        for text, much, little in (("PM4Py with its default reader takes at least 30 times as long", "pm4py, default reader", "plumbline"),
                                   ("PM4Py with its Rust reader takes at least 3 times as long", "pm4py, Rust reader", "plumbline"),
                                   ("the audit takes at most 4 times as long as gzip -dc", "plumbline", "gzip -dc")):
            print(f"  {text}: {b.ratio('fines', much, little, 'wall')} wall, {b.ratio('fines', much, little, 'cpu')} cpu")
    others = [m["others"] for list in b.runs.values() for m in list if m]
    print(f"\nothers kept {statistics.median(others):.1f} of {os.cpu_count()} cores busy ({min(others):.1f}–{max(others):.1f} while a task ran); load at the end {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
