package web

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/time/rate"

	"plumbline/authority"
)

// What stands between the network and the handlers.

// headers go with every answer, also those that no handler of ours wrote.
func (s *Server) headers(h http.Header) {
	h.Set("Content-Security-Policy", Policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY") // for browsers that do not know frame-ancestors
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	if s.Secure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// readable tells whether an address can name anything of ours: text without control characters. Stores differ in what they
// do with others.
func readable(u *url.URL) bool {
	if !clean(u.Path) {
		return false
	}
	for name, values := range u.Query() {
		for _, v := range append(values, name) {
			if !clean(v) {
				return false
			}
		}
	}
	return true
}

func clean(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return unicode.IsControl(r) || r == utf8.RuneError }) < 0
}

// plain is a text from outside as it may be kept: without control characters, and not long.
func plain(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return short(strings.TrimSpace(s), most)
}

// inside is an address of this server to go back to; anything else leads to the start. Browsers drop tabs and line breaks
// and take \ for /, so none of them may stand in it.
func inside(path string) string {
	u, err := url.Parse(path)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.Contains(path, "\\") || !clean(path) || !readable(u) {
		return "/"
	}
	return path
}

// most is how many bytes a request may have. Only forms of acts carry files.
func most(rt Route) int64 {
	switch {
	case rt.Pattern == "POST /intake" || rt.Pattern == "POST /cases/{id}/do/{act}":
		return maxBody
	case rt.Pattern == "POST /matters/import":
		return mostImported + 1<<20
	case anyone[rt.Action]:
		return 16 << 10
	}
	return 1 << 20
}

// limits are how often something may be tried, from one address and in all.
type limits struct {
	one   rate.Limit
	burst int
	all   *rate.Limiter
	by    map[string]*rate.Limiter // by address
}

const mostAddresses = 10000

func newLimits(one rate.Limit, burst int, all rate.Limit) *limits {
	return &limits{one: one, burst: burst, all: rate.NewLimiter(all, 10*burst), by: map[string]*rate.Limiter{}}
}

// allow counts one try. An address that was quiet is forgotten; where too many are busy, those unknown share one limit, so
// that addresses that cost nothing to invent give no fresh tries.
func (l *limits) allow(from string, now time.Time) bool {
	if len(l.by) >= mostAddresses && l.by[from] == nil {
		for k, x := range l.by {
			if x.TokensAt(now) >= float64(l.burst) {
				delete(l.by, k)
			}
		}
		if len(l.by) >= mostAddresses {
			from = ""
		}
	}
	x := l.by[from]
	if x == nil {
		x = rate.NewLimiter(l.one, l.burst)
		l.by[from] = x
	}
	return x.AllowN(now, 1) && l.all.AllowN(now, 1)
}

// slow limits sign-ins and queries, each on their own: ten at once from one address, then one every six seconds; in all
// a hundred at once, then ten a second.
func (c *call) slow(what authority.Action) bool {
	s := c.Server
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.tries[what]
	if l == nil {
		l = newLimits(1.0/6, 10, 10)
		if len(s.Demos) > 0 {
			l = newLimits(50, 100, 500)
		}
		s.tries[what] = l
	}
	return !l.allow(s.from(c.r), time.Now())
}

// from is the client's network: its address, of IPv6 the /64 that one subscriber has. Behind a proxy the proxy's word
// counts, the last it wrote.
func (s *Server) from(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	if said := r.Header.Values("X-Forwarded-For"); s.Proxied && len(said) > 0 {
		w := strings.Split(said[len(said)-1], ",")
		host = strings.TrimSpace(w[len(w)-1])
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return plain(host, 60)
	}
	if a = a.Unmap(); a.Is6() {
		if p, err := a.WithZone("").Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}

// even holds a failed sign-in back to the next quarter of a second since it began: the time taken does not tell whether
// there is such an account, whose wrong passwords are counted on disk.
func (c *call) even(began time.Time) {
	const step = 250 * time.Millisecond
	t := time.NewTimer(step - time.Since(began)%step)
	defer t.Stop()
	select {
	case <-t.C:
	case <-c.r.Context().Done():
	}
}
