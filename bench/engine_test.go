package bench

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"plumbline/internal/pgtest"
)

// BenchmarkEngine enters acts beside a general workflow engine, Flowable, that completes user tasks: the same PostgreSQL with
// the same sync setting, 64 callers, in turns in one run. commit is the store alone; submit is the whole use case, with who
// may, the judge with the law of the pack, documents and the sealed record, which the engine knows nothing of. ratio is ours
// to the engine's. It needs Java 17 and Maven, which fetches the engine; without them it is skipped. One operation is one act.
func BenchmarkEngine(b *testing.B) {
	const each = 60
	b.Run("commit", func(b *testing.B) {
		engine := workflowEngine(b)
		a := &arm{name: "store", write: postgresStore(b)}
		a.run(b, perCase)
		beside(b, engine, func() float64 {
			a.took, a.done = 0, 0
			a.run(b, 5*each)
			return float64(a.done) / a.took.Seconds()
		}, each)
	})
	b.Run("submit", func(b *testing.B) {
		engine := workflowEngine(b)
		site := openBureau(b, openPostgres(b, pgtest.Database(b)), 1)
		cases := site.open(b, callers*8)
		enter := func(each int) float64 {
			var all sync.WaitGroup
			start := time.Now()
			for g := range callers {
				all.Go(func() {
					for i := range each {
						if _, err := site.submit(site.witness(cases[g*8+i%8])); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			all.Wait()
			return float64(each*callers) / time.Since(start).Seconds()
		}
		beside(b, engine, func() float64 { return enter(each) }, each)
	})
}

// beside measures ours and the engine's in turns, b.N times, and reports the means.
func beside(b *testing.B, engine func(each int) float64, ours func() float64, each int) {
	var mine, theirs float64
	b.ResetTimer()
	for range b.N {
		theirs += engine(each)
		mine += ours()
	}
	b.ReportMetric(mine/float64(b.N), "acts/s")
	b.ReportMetric(theirs/float64(b.N), "engine/s")
	b.ReportMetric(mine/theirs, "ratio")
}

// workflowEngine builds the program in flowable/ and gives what runs it on a new database: completions a second.
func workflowEngine(b *testing.B) func(each int) float64 {
	for _, name := range []string{"java", "javac", "mvn"} {
		if _, err := exec.LookPath(name); err != nil {
			b.Skip("a workflow engine beside ours: ", err)
		}
	}
	dir := b.TempDir()
	list := filepath.Join(dir, "classpath")
	if out, err := exec.Command("mvn", "-q", "-B", "-f", "flowable", "-Dmdep.outputFile="+list, "dependency:build-classpath").CombinedOutput(); err != nil {
		b.Skipf("the workflow engine cannot be fetched: %v\n%s", err, out)
	}
	classpath, err := os.ReadFile(list)
	if err != nil {
		b.Fatal(err)
	}
	path := dir + ":" + strings.TrimSpace(string(classpath))
	if out, err := exec.Command("javac", "-d", dir, "-cp", path, "flowable/src/main/java/EngineBench.java").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return func(each int) float64 {
		var socket, name string
		for _, f := range strings.Fields(pgtest.Database(b)) {
			k, v, _ := strings.Cut(f, "=")
			switch k {
			case "host":
				socket = v + "/.s.PGSQL.5432"
			case "dbname":
				name = v
			}
		}
		address := fmt.Sprintf("jdbc:postgresql://localhost/%s?socketFactory=org.newsclub.net.unix.AFUNIXSocketFactory$FactoryArg&socketFactoryArg=%s&sslmode=disable", name, socket)
		run := exec.Command("java", "-cp", path, "EngineBench", address, strconv.Itoa(callers), "8", strconv.Itoa(each))
		var said strings.Builder
		run.Stderr = &said
		out, err := run.Output()
		if err != nil {
			b.Fatalf("%v\n%s", err, said.String())
		}
		rate, err := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
		if err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
		return rate
	}
}
