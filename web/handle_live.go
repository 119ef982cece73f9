package web

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"plumbline/authority"
	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/handling"
)

// A page that shows a case or a list says in Frame.Live where it learns that what it shows has moved, and how it stood when
// it was made. A browser that takes a stream of events gets one: an event for each time that something moved, named with how
// it stands then, so that a browser that was cut off and comes back with the last one it got misses nothing. To anything else
// the address answers once.

const (
	liveBeat      = 15 * time.Second       // a comment that keeps the line open; the session is looked at again
	livePause     = 150 * time.Millisecond // between two events at least
	liveEach      = 24                     // lines of one person
	liveAll       = 4096
	liveRetry     = 3 * time.Second
	liveWriteTime = 10 * time.Second
)

// lines counts the open ones.
type lines struct {
	mu  sync.Mutex
	all int
	of  map[authority.PersonID]int
}

func (l *lines) take(p authority.PersonID) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.of == nil {
		l.of = map[authority.PersonID]int{}
	}
	if l.all >= liveAll || l.of[p] >= liveEach {
		return false
	}
	l.all++
	l.of[p]++
	return true
}

func (l *lines) give(p authority.PersonID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all--
	if l.of[p]--; l.of[p] == 0 {
		delete(l.of, p)
	}
}

// liveFrame is the frame of a page about one case; typed: something is typed on it.
func (c *call) liveFrame(area Area, head *casefile.Head, typed bool) Frame {
	f := c.frame(area)
	f.Live, f.LiveForm = caseURL(head.ID)+"/live?at="+strconv.FormatInt(head.Revision, 10), typed
	return f
}

// liveList is the frame of a page that lists cases.
func (c *call) liveList(area Area) Frame {
	f := c.frame(area)
	f.Live = "/live?at=" + strconv.FormatInt(int64(c.now), 10)
	return f
}

// liveCase tells when one case moves.
func liveCase(c *call) error {
	stands, err := c.House.CaseStands(c.r.Context(), c.who, c.caseID())
	if err != nil {
		return err
	}
	return c.live(c.caseID(), strconv.FormatInt(stands, 10), func() (string, bool, error) {
		stands, err := c.House.CaseStands(c.r.Context(), c.who, c.caseID())
		return strconv.FormatInt(stands, 10), stands != c.at(), err
	})
}

// liveList tells when a case moves that stands in the person's lists.
func liveList(c *call) error {
	return c.live("", strconv.FormatInt(int64(c.now), 10), func() (string, bool, error) {
		now := c.House.Now()
		moved, err := c.House.ListMoved(c.r.Context(), c.who, calendar.Instant(c.at()))
		return strconv.FormatInt(int64(now), 10), moved, err
	})
}

// at is how the page stands: by the last event that the browser got, else as the page was made. 0: not said.
func (c *call) at() int64 {
	for _, s := range []string{c.r.Header.Get("Last-Event-ID"), c.r.URL.Query().Get("at")} {
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			return n
		}
	}
	return 0
}

// live answers how it stands, and goes on where the browser takes a stream.
func (c *call) live(only casefile.CaseID, stands string, now func() (stands string, moved bool, err error)) error {
	h := c.w.Header()
	h.Set("Cache-Control", "no-store")
	if !strings.Contains(c.r.Header.Get("Accept"), "text/event-stream") {
		stands, moved, err := now()
		if err != nil {
			return err
		}
		h.Set("Content-Type", "application/json")
		_, err = fmt.Fprintf(c.w, "{\"at\":%q,\"moved\":%t}\n", stands, moved)
		return err
	}
	if !c.lines.take(c.who.Person) {
		h.Set("Retry-After", "30")
		http.Error(c.w, c.both("同时打开的页面过多", "too many pages are open at once"), http.StatusServiceUnavailable)
		return nil
	}
	defer c.lines.give(c.who.Person)
	f := c.House.Follow(c.who, only) // before it is asked how things stand, so that nothing falls between
	defer f.Close()
	stands, moved, err := now()
	if err != nil {
		return err
	}
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no")
	out := http.NewResponseController(c.w)
	say := func(text string) error {
		if err := out.SetWriteDeadline(time.Now().Add(liveWriteTime)); err != nil {
			return err
		}
		if _, err := c.w.Write([]byte(text)); err != nil {
			return err
		}
		return out.Flush()
	}
	if err := say(fmt.Sprintf("retry: %d\n\n", liveRetry.Milliseconds())); err != nil {
		return nil // the browser has gone: there is nobody to tell
	}
	event := func() error { return say("id: " + stands + "\nevent: moved\ndata: " + stands + "\n\n") }
	if moved {
		if err := event(); err != nil {
			return nil
		}
	}
	return c.follow(f, event, say, func() (err error) { stands, _, err = now(); return err })
}

// follow says what moves until the browser goes, the session ends, the person may no longer see it, or the server closes.
func (c *call) follow(f *handling.Following, event func() error, say func(string) error, stand func() error) error {
	beat := time.NewTicker(liveBeat)
	defer beat.Stop()
	var told time.Time
	for {
		select {
		case <-c.r.Context().Done():
			return nil
		case <-c.closing:
			return nil
		case <-beat.C:
			if c.who, c.session = (handling.Who{}), (casefile.Session{}); c.signedIn() != nil || c.who.Person == "" {
				_ = say("event: ended\ndata: \n\n")
				return nil
			}
			if say(":\n\n") != nil {
				return nil
			}
		case <-f.Wake():
			if rest := livePause - time.Since(told); rest > 0 {
				select {
				case <-time.After(rest):
				case <-c.r.Context().Done():
					return nil
				case <-c.closing:
					return nil
				}
			}
			if !f.Moved() {
				continue
			}
			if stand() != nil { // may no longer be seen, or cannot be read: the browser asks again and is told
				return nil
			}
			if event() != nil {
				return nil
			}
			told = time.Now()
		}
	}
}
