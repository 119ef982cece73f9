package bench

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	mathrand "math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"plumbline/authority"
	"plumbline/handling"
	"plumbline/store/sqlite"
	"plumbline/web"
)

const (
	openPages  = 50
	background = 500 // acts a second
	readers    = 5
)

// BenchmarkOpenPage measures the time from an act being acknowledged to its finding standing on a page that was open: the
// event on the line, the page asked for again, whole. Meanwhile 500 acts a second are entered in 1,000 cases, by the same
// program on the same processors. One operation is one such finding. rate/s is what was really entered: where it is below 500
// the machine could not do it, and the latencies are those of a machine at its limit.
func BenchmarkOpenPage(b *testing.B) {
	ctx := context.Background()
	store, err := sqlite.Open(ctx, filepath.Join(b.TempDir(), "record.db"), sqlite.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	site := openBureau(b, store, readers)
	house, submit := site.house, site.submit
	for n := range readers {
		if err := house.PutAccount(ctx, fmt.Sprint("p", n), authority.PersonID(fmt.Sprint("p", n)), "correct horse battery", true); err != nil {
			b.Fatal(err)
		}
	}
	server, err := web.NewServer(web.Config{House: house, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	page := httptest.NewServer(server)
	defer page.Close()
	defer server.Close()

	cases := site.open(b, 1000)
	var all sync.WaitGroup
	clients := make([]*http.Client, readers)
	for n := range clients {
		jar, err := cookiejar.New(nil)
		if err != nil {
			b.Fatal(err)
		}
		clients[n] = &http.Client{Jar: jar, Transport: &http.Transport{MaxIdleConnsPerHost: openPages}}
		if r, err := clients[n].PostForm(page.URL+"/signin", url.Values{"name": {fmt.Sprint("p", n)}, "password": {"correct horse battery"}}); err != nil || r.StatusCode != http.StatusOK {
			b.Fatal(r, err)
		}
	}

	type showing struct {
		mu   sync.Mutex
		name string // whose finding is waited for
		seen chan time.Time
	}
	pages := make([]showing, openPages)
	for i := range pages {
		p, client, id := &pages[i], clients[i%readers], cases[i]
		q, err := http.NewRequest(http.MethodGet, page.URL+"/cases/"+string(id)+"/live", nil)
		if err != nil {
			b.Fatal(err)
		}
		q.Header.Set("Accept", "text/event-stream")
		r, err := client.Do(q)
		if err != nil || r.StatusCode != http.StatusOK {
			b.Fatalf("page %d: %v %v", i, r, err)
		}
		go func() {
			defer r.Body.Close()
			for s := bufio.NewScanner(r.Body); s.Scan(); {
				if s.Text() != "event: moved" {
					continue
				}
				answer, err := client.Get(page.URL + "/cases/" + string(id))
				if err != nil {
					return
				}
				body, err := io.ReadAll(answer.Body)
				answer.Body.Close()
				if err != nil {
					return
				}
				at := time.Now()
				_, findings, _ := strings.Cut(string(body), `id="findings"`)
				findings, _, _ = strings.Cut(findings, `id="course"`)
				p.mu.Lock()
				if p.seen != nil && strings.Contains(findings, p.name) {
					p.seen <- at
					p.seen = nil
				}
				p.mu.Unlock()
			}
		}()
	}

	stop := make(chan struct{})
	var entered int64
	var mu sync.Mutex
	began := time.Now()
	work := make(chan int)
	go func() { // the acts of everybody else, at their pace
		defer close(work)
		tick := time.NewTicker(time.Second / background)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				select {
				case work <- openPages + mathrand.IntN(len(cases)-openPages):
				case <-stop:
					return
				}
			}
		}
	}()
	for range 32 {
		all.Go(func() {
			for i := range work {
				if _, err := submit(site.witness(cases[i])); err != nil {
					b.Error(err)
					return
				}
				mu.Lock()
				entered++
				mu.Unlock()
			}
		})
	}
	var took []time.Duration
	i := 0
	time.Sleep(time.Second)
	for b.Loop() {
		p, id, name := &pages[i%openPages], cases[i%openPages], fmt.Sprintf("某乙%d号", i)
		i++
		if _, err := submit(&handling.Request{Case: id, Kind: "register_person", Subjects: []handling.SubjectInput{{Role: "offender"}}, Data: map[string]string{"name": name}}); err != nil {
			b.Fatal(err)
		}
		time.Sleep(300 * time.Millisecond)
		people, err := house.File(ctx, handling.Who{Person: "p0"}, id, "case")
		if err != nil {
			b.Fatal(err)
		}
		seen := make(chan time.Time, 1)
		p.mu.Lock()
		p.name, p.seen = name, seen
		p.mu.Unlock()
		if _, err := submit(&handling.Request{Case: id, Kind: "summon", Subjects: []handling.SubjectInput{{ID: people.People[len(people.People)-1].ID}}, Data: map[string]string{"oral": "false", "arrived": time.Now().In(site.pack.Zone.Location()).Format("2006-01-02T15:04")}}); err != nil {
			b.Fatal(err)
		}
		acknowledged := time.Now()
		select {
		case at := <-seen:
			took = append(took, at.Sub(acknowledged))
		case <-time.After(10 * time.Second):
			b.Fatal("the finding did not come within 10 s")
		}
	}
	close(stop)
	all.Wait()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms-p50")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "ms-p99")
	b.ReportMetric(float64(entered)/time.Since(began).Seconds(), "rate/s")
}
