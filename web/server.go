package web

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"plumbline/authority"
	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/handling"
)

// Config is what a Server needs.
type Config struct {
	House   *handling.House
	Printer Printer // nil: no PDF, and the pages say so
	Log     *slog.Logger
	Demos   map[string][]DemoSignIn // by language. A demonstration: its sign-ins are shown, and every page says that its data is made up
	Secure  bool                    // cookies only over TLS
	Proxied bool                    // a proxy passes requests on, and says in X-Forwarded-For for whom
}

// Printer makes a PDF of a whole HTML document.
type Printer interface {
	PDF(ctx context.Context, html []byte) ([]byte, error)
}

// Server answers the pages of a house.
type Server struct {
	Config
	render  *Renderer
	handler http.Handler

	mu    sync.Mutex
	tries map[authority.Action]*limits // sign-ins and queries

	audits audits

	lines   lines // open pages that learn of what moves
	closing chan struct{}
	closed  sync.Once
}

// Close ends the lines to open pages: a server that is shutting down waits for nothing else.
func (s *Server) Close() { s.closed.Do(func() { close(s.closing) }) }

// NewServer makes the server of a house.
func NewServer(c Config) (*Server, error) {
	r, err := New(c.House.Pack().Zone)
	if err != nil {
		return nil, err
	}
	s := &Server{Config: c, render: r, tries: map[authority.Action]*limits{}, closing: make(chan struct{})}
	mux := http.NewServeMux()
	for _, rt := range routes {
		mux.Handle(rt.Pattern, s.answer(rt))
	}
	mux.Handle("GET "+StaticPath, r.Static())
	mux.Handle("/", s.answer(Route{Pattern: "/", Action: authority.SeeStatic, handle: func(*call) error { return casefile.ErrNotFound }}))
	guarded := http.NewCrossOriginProtection().Handler(mux)
	s.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.headers(w.Header())
		guarded.ServeHTTP(w, r)
	})
	return s, nil
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Route is one address of the platform and the action that the policy is asked about before anything else happens.
// Actions about a case are asked again, with the case, by handling.
type Route struct {
	Pattern string
	Action  authority.Action
	handle  func(*call) error
}

// Routes lists every route, for the test that holds them against the authorization matrix.
func Routes() []Route { return routes }

// call is one request being answered.
type call struct {
	*Server
	w       http.ResponseWriter
	r       *http.Request
	who     handling.Who
	session casefile.Session
	lang    string
	now     calendar.Instant
	asked   []*handling.Question // the person's own, once something asked for them
}

const maxBody = handling.MaxAttachment + 4<<20

// anyone: what needs no sign-in.
var anyone = map[authority.Action]bool{authority.SignIn: true, authority.SeeStatic: true, authority.QueryAsReporter: true}

func (s *Server) answer(rt Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{Server: s, w: w, r: r, now: s.House.Now(), lang: langOf(r)}
		r.Body = http.MaxBytesReader(w, r.Body, most(rt))
		defer func() {
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler {
					panic(p)
				}
				s.Log.Error("panic", "path", rt.Pattern, "panic", p)
				c.fail(errors.New("panic"))
			}
		}()
		if !readable(r.URL) {
			c.fail(casefile.ErrNotFound)
			return
		}
		if err := c.signedIn(); err != nil {
			c.fail(err)
			return
		}
		if !anyone[rt.Action] && c.who.Person == "" {
			c.toSignIn()
			return
		}
		if must, err := c.mustChange(rt); must || err != nil {
			if err != nil {
				c.fail(err)
			}
			return
		}
		if about[rt.Action] && !s.House.People().May(authority.Query{Who: c.who.Person, Action: rt.Action, Now: c.now}).Allowed {
			if rt.Pattern == "GET /{$}" {
				c.home()
				return
			}
			c.fail(casefile.ErrNotFound)
			return
		}
		if err := rt.handle(c); err != nil {
			c.fail(err)
		}
	})
}

// mustChange leads to the account page who has a password that somebody else gave them; there is nothing else for them.
func (c *call) mustChange(rt Route) (bool, error) {
	if c.who.Person == "" || anyone[rt.Action] || rt.Action == authority.SeeOwnAccount || rt.Action == authority.ManageOwnSessions {
		return false, nil
	}
	must, err := c.House.MustChange(c.r.Context(), c.session)
	if must && err == nil {
		http.Redirect(c.w, c.r, "/account", http.StatusSeeOther)
	}
	return must, err
}

// about lists the actions that concern no case: the policy answers them here. About a case it is asked by handling, which
// knows the case; about opening one, with the unit.
var about = map[authority.Action]bool{authority.SeeWorkbench: true, authority.ListCases: true, authority.Search: true, authority.ListQuestions: true, authority.ChangePeople: true, authority.SeeOwnAccount: true, authority.ManageOwnSessions: true}

// home leads who has no workbench to what they have.
func (c *call) home() {
	to := "/account"
	if _, err := c.House.Roster(c.who); err == nil {
		to = "/people"
	}
	http.Redirect(c.w, c.r, to, http.StatusSeeOther)
}

const langCookie = "lang"

func langOf(r *http.Request) string {
	if k, err := r.Cookie(langCookie); err == nil && (k.Value == "zh" || k.Value == "en") {
		return k.Value
	}
	if strings.HasPrefix(strings.ToLower(r.Header.Get("Accept-Language")), "en") {
		return "en"
	}
	return "zh"
}

// signedIn finds the session of the request. Without one the request is nobody's.
func (c *call) signedIn() error {
	k, err := c.r.Cookie(c.sessionCookie())
	if err != nil {
		return nil
	}
	c.session, err = c.House.Session(c.r.Context(), k.Value, !c.unattended())
	if errors.Is(err, casefile.ErrNotFound) {
		return nil
	}
	if err == nil {
		c.who = handling.Who{Person: authority.PersonID(c.session.Person), Purpose: plain(c.r.URL.Query().Get("purpose"), 200)}
	}
	return err
}

// unattended tells whether the browser asks by itself, as a page does that is left open: that keeps no session alive.
func (c *call) unattended() bool {
	return c.r.Header.Get("X-Live") != "" || strings.HasSuffix(c.r.URL.Path, "/live")
}

func (s *Server) sessionCookie() string {
	if s.Secure {
		return "__Host-session"
	}
	return "session"
}

func (c *call) toSignIn() {
	to := "/signin"
	if c.r.Method == http.MethodGet {
		to += "?return=" + url.QueryEscape(c.r.URL.RequestURI())
	}
	http.Redirect(c.w, c.r, to, http.StatusSeeOther)
}

func (c *call) page(status int, p Page) error { return c.render.Render(c.w, status, p) }

func (c *call) redirect(to string) error {
	http.Redirect(c.w, c.r, to, http.StatusSeeOther)
	return nil
}

// frame is what stands around a page.
func (c *call) frame(area Area) Frame {
	f := Frame{Lang: c.lang, Now: c.now, Area: area, Demo: len(c.Demos) > 0, Stopped: c.House.Store().Health() != nil, Organ: c.organ()}
	other := "en"
	if c.lang == "en" {
		other = "zh"
	}
	back := c.r.URL.RequestURI()
	if c.r.Method != http.MethodGet {
		back = c.r.URL.Path
	}
	f.LangURL = "/lang/" + other + "?return=" + url.QueryEscape(back)
	if c.who.Person == "" {
		return f
	}
	d := c.House.People()
	if p, ok := d.Person(c.who.Person); ok {
		f.Person = p.Name
	}
	if held, ok := c.House.PostOf(c.who.Person, c.now); ok {
		f.Post, f.Unit = c.post(held.Post), c.House.Unit(string(held.Unit)).In(c.lang)
	}
	may := func(a authority.Action) bool {
		return d.May(authority.Query{Who: c.who.Person, Action: a, Now: c.now}).Allowed
	}
	if may(authority.SeeWorkbench) {
		f.Nav = append(f.Nav, AreaWorkbench)
	}
	if c.House.OpensMain(c.who) {
		f.Nav = append(f.Nav, AreaIntake)
	}
	if may(authority.ListCases) {
		f.Nav = append(f.Nav, AreaCases, AreaLimits, AreaFindings, AreaMatters)
	}
	if c.House.Counsels(c.who) {
		f.Nav = append(f.Nav, AreaQuestions)
	}
	if _, err := c.House.Roster(c.who); err == nil {
		f.Nav = append(f.Nav, AreaPeople)
	}
	if f.Nav == nil {
		f.Nav = []Area{}
	}
	return f
}

func (c *call) organ() string {
	for _, u := range c.House.People().Units() {
		if u.Parent == "" {
			if c.lang == "en" && u.Name.EN != "" {
				return u.Name.EN
			}
			return u.Name.ZH
		}
	}
	return c.House.Pack().Title.In(c.lang)
}

func (c *call) post(id string) string {
	if t, ok := c.House.Pack().Post(id); ok {
		return t.In(c.lang)
	}
	if id == authority.Administrator {
		return map[string]string{"zh": "系统管理员", "en": "system administrator"}[c.lang]
	}
	if id == authority.Supervisor {
		return map[string]string{"zh": "执法监督人员", "en": "supervisor"}[c.lang]
	}
	return id
}

// fail answers an error: the one table of errors and statuses. The page shows a reference, the log the cause.
func (c *call) fail(err error) {
	n := &Notice{Frame: c.frame("")}
	status := http.StatusInternalServerError
	var notAllowed *handling.NotAllowed
	var invalid *handling.Invalid
	var tooBig *http.MaxBytesError
	switch {
	case errors.Is(err, casefile.ErrNotFound):
		// One shape for what does not exist and for what one may not know: nothing of the address comes back.
		n.Kind, status = NoticeNotFound, http.StatusNotFound
		n.LangURL = "/lang/" + map[string]string{"zh": "en", "en": "zh"}[c.lang]
	case errors.As(err, &notAllowed):
		n.Kind, status = NoticeRefused, http.StatusForbidden
		n.Reasons = []Reason{{Text: c.notAllowed(notAllowed)}}
	case errors.Is(err, casefile.ErrOtherAct), errors.Is(err, casefile.ErrConflict):
		n.Kind, status = NoticeConflict, http.StatusConflict
	case errors.Is(err, casefile.ErrStopped), errors.Is(err, casefile.ErrReadOnly):
		n.Kind, status = NoticeStopped, http.StatusServiceUnavailable
		n.Stopped = true
	case errors.As(err, &invalid):
		n.Kind, status = NoticeRefused, http.StatusUnprocessableEntity
		for _, p := range invalid.Problems {
			n.Reasons = append(n.Reasons, Reason{Text: p.Text.In(c.lang)})
		}
	case errors.Is(err, errForm):
		n.Kind, status = NoticeRefused, http.StatusBadRequest
		n.Reasons = []Reason{{Text: c.both("表单无法读取，请返回重新提交", "the form could not be read; go back and send it again")}}
	case errors.As(err, &tooBig), errors.Is(err, casefile.ErrTooLarge):
		n.Kind, status = NoticeRefused, http.StatusRequestEntityTooLarge
		n.Reasons = []Reason{{Text: c.both("附件超过 50 MB，未被接收", "the file is larger than 50 MB and was not taken")}}
	default:
		n.Kind, n.Ref = NoticeError, rand.Text()[:10]
		c.Log.Error("request failed", "ref", n.Ref, "method", c.r.Method, "path", c.r.URL.Path, "error", err)
	}
	if err := c.page(status, n); err != nil {
		c.Log.Error("notice", "error", err)
		http.Error(c.w, http.StatusText(status), status)
	}
}

func (c *call) both(zh, en string) string {
	if c.lang == "en" {
		return en
	}
	return zh
}

func (c *call) notAllowed(e *handling.NotAllowed) string {
	switch e.Why {
	case authority.WhyPurpose:
		return c.both("本案须先说明查看目的", "this case opens only to a stated purpose")
	case authority.WhyClosed:
		return c.both("案件已经办结", "the case is closed")
	case authority.WhySelf:
		return c.both("自己提出的疑问由他人答复", "a question of one's own is answered by somebody else")
	}
	if e.Action == authority.AnswerQuestion {
		return c.both("你可以查看这个疑问，由上级法制部门答复", "you may see this question; the legal department above answers it")
	}
	return c.both("你可以查看本案，但不能在本案中做这件事", "you may see this case, but not do this in it")
}

// newID makes the id of an act, for the form that will send it.
func newID() string { return rand.Text() }

// discard reads what is left of a body so that the answer reaches the browser.
func discard(r *http.Request) { _, _ = io.Copy(io.Discard, io.LimitReader(r.Body, 1<<20)) }
