package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"plumbline/authority"
	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/handling"
	"plumbline/ledger"
)

// health tells the truth: 200 while acts can be acknowledged, 503 when not.
func health(c *call) error {
	status, answer := http.StatusOK, map[string]any{"store": "ok"}
	if err := c.House.Store().Health(); err != nil {
		status, answer["store"] = http.StatusServiceUnavailable, "stopped" // why, the log tells
	}
	n, _, err := c.House.Store().Head(c.r.Context())
	if err != nil {
		status, answer["ledger"] = http.StatusServiceUnavailable, "unreadable"
	} else {
		answer["acts"] = n
	}
	c.w.Header().Set("Content-Type", "application/json")
	c.w.Header().Set("Cache-Control", "no-store")
	c.w.WriteHeader(status)
	return json.NewEncoder(c.w).Encode(answer)
}

func chooseLang(c *call) error {
	lang := c.r.PathValue("lang")
	if lang != "zh" && lang != "en" {
		return casefile.ErrNotFound
	}
	http.SetCookie(c.w, &http.Cookie{Name: langCookie, Value: lang, Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, Secure: c.Secure, SameSite: http.SameSiteLaxMode})
	return c.redirect(inside(c.r.URL.Query().Get("return")))
}

// deviceCookie marks a browser in which somebody signed in before, so that others' wrong tries do not lock them out of it.
const deviceCookie = "device"

func (c *call) device() string {
	k, err := c.r.Cookie(deviceCookie)
	if err != nil {
		return ""
	}
	return k.Value
}

func showSignIn(c *call) error {
	if c.who.Person != "" {
		return c.redirect(inside(c.r.URL.Query().Get("return")))
	}
	p := &SignIn{Frame: c.frame(""), Action: "/signin", Return: c.r.URL.Query().Get("return"), Demos: c.Demos[c.lang]}
	if c.r.URL.Query().Has("ended") {
		p.Trouble = SignInEnded
	} else if _, err := c.r.Cookie(c.sessionCookie()); err == nil {
		p.Trouble = SignInExpired
	}
	return c.page(http.StatusOK, p)
}

func doSignIn(c *call) error {
	began := time.Now()
	if c.slow(authority.SignIn) {
		return c.signInAgain(http.StatusTooManyRequests, SignInLocked, c.now.Add(time.Minute))
	}
	if err := c.parse(); err != nil {
		return err
	}
	name, password := strings.TrimSpace(c.r.PostFormValue("name")), c.r.PostFormValue("password")
	if !clean(name) || len(name) > 200 {
		name = "" // nobody's
	}
	in, err := c.House.SignIn(c.r.Context(), name, password, plain(c.r.UserAgent(), 200), c.device())
	if err != nil {
		c.even(began)
	}
	switch {
	case errors.Is(err, handling.ErrWrong):
		return c.signInAgain(http.StatusUnauthorized, SignInWrong, 0)
	case err != nil:
		return err
	}
	if err := c.begin(in); err != nil {
		return err
	}
	if in.Must {
		return c.redirect("/account")
	}
	return c.redirect(inside(c.r.PostFormValue("return")))
}

// begin gives the browser its new session and ends the one it had.
func (c *call) begin(in handling.SignedIn) error {
	http.SetCookie(c.w, &http.Cookie{Name: c.sessionCookie(), Value: in.Token, Path: "/", HttpOnly: true, Secure: c.Secure, SameSite: http.SameSiteStrictMode})
	http.SetCookie(c.w, &http.Cookie{Name: deviceCookie, Value: in.Device, Path: "/signin", MaxAge: 365 * 24 * 3600, HttpOnly: true, Secure: c.Secure, SameSite: http.SameSiteStrictMode})
	if c.who.Person == "" {
		return nil
	}
	if err := c.House.EndSession(c.r.Context(), c.who, c.session.Token); err != nil && !errors.Is(err, casefile.ErrNotFound) {
		return err
	}
	return nil
}

func (c *call) signInAgain(status int, trouble SignInTrouble, until calendar.Instant) error {
	p := &SignIn{Frame: c.frame(""), Action: "/signin", Trouble: trouble, Until: until, Name: c.r.PostFormValue("name"), Return: c.r.PostFormValue("return"), Demos: c.Demos[c.lang]}
	return c.page(status, p)
}

func signOut(c *call) error {
	if err := c.House.EndSession(c.r.Context(), c.who, c.session.Token); err != nil && !errors.Is(err, casefile.ErrNotFound) {
		return err
	}
	http.SetCookie(c.w, &http.Cookie{Name: c.sessionCookie(), Path: "/", MaxAge: -1, HttpOnly: true, Secure: c.Secure, SameSite: http.SameSiteStrictMode})
	return c.redirect("/signin?ended=1")
}

func account(c *call) error { return c.account(http.StatusOK, nil) }

func (c *call) account(status int, bad []FieldError) error {
	p := &Account{Frame: c.frame(""), Login: c.session.Login, Action: "/account/password", MinLength: handling.MinPassword, Errors: bad, EndOthers: "/account/others/end"}
	must, err := c.House.MustChange(c.r.Context(), c.session)
	if err != nil {
		return err
	}
	switch {
	case must:
		p.Flash = &Flash{Tone: Near, Text: c.both("这个密码是别人给你的，对方也知道。请先改成只有你自己知道的密码，再办理其他事项。", "Somebody else gave you this password and knows it. Change it to one that only you know; nothing else can be done before.")}
	case c.r.URL.Query().Has("changed"):
		p.Flash = &Flash{Tone: Good, Text: c.both("密码已修改，其他登录均已退出。", "The password was changed; all other sessions have ended.")}
	}
	sessions, err := c.House.Sessions(c.r.Context(), c.who)
	if err != nil {
		return err
	}
	for _, s := range sessions {
		p.Sessions = append(p.Sessions, Session{Device: short(s.Client, 80), Since: s.Started, Last: s.Seen, Current: s.Token == c.session.Token, EndURL: "/account/sessions/" + s.Token.String() + "/end"})
	}
	if len(sessions) < 2 {
		p.EndOthers = ""
	}
	d := c.House.People()
	for _, held := range d.PostsAt(c.who.Person, c.now) {
		p.Qualification = append(p.Qualification, Pair{c.post(held.Post), c.House.Unit(string(held.Unit)).In(c.lang)})
	}
	for _, q := range d.Qualifications(c.who.Person) {
		title := q.ID
		if t, ok := c.House.Pack().Qualification(q.ID); ok {
			title = t.In(c.lang)
		}
		p.Qualification = append(p.Qualification, Pair{title, c.span(q.From, q.Until)})
	}
	given, err := c.House.Resets(c.r.Context(), c.who)
	if err != nil {
		return err
	}
	for _, g := range given {
		if g.Person == c.who.Person {
			p.Given = append(p.Given, c.given(g))
		}
	}
	return c.page(status, p)
}

func (c *call) given(g handling.Reset) Given {
	x := Given{By: c.both("运维人员（服务器上）", "whoever runs the server"), At: g.At}
	if g.By != "" {
		x.By = c.House.Name(string(g.By))
	}
	return x
}

// span writes from and until as dates.
func (c *call) span(from, until calendar.Instant) string {
	z := c.House.Pack().Zone
	s := z.Date(from).String()
	if until == 0 {
		return s + c.both(" 起", " on")
	}
	return s + " – " + z.Date(until-1).String()
}

func changePassword(c *call) error {
	current, next, again := c.r.PostFormValue("current"), c.r.PostFormValue("new"), c.r.PostFormValue("again")
	if next != again {
		return c.account(http.StatusUnprocessableEntity, []FieldError{{"again", c.both("两次输入的新密码不一致", "the two new passwords differ")}})
	}
	var weak *handling.WeakPassword
	err := c.House.ChangePassword(c.r.Context(), c.who, c.session, current, next)
	switch {
	case errors.Is(err, handling.ErrWrong):
		return c.account(http.StatusUnprocessableEntity, []FieldError{{"current", c.both("当前密码不正确", "this is not the current password")}})
	case errors.Is(err, handling.ErrLocked):
		return c.account(http.StatusUnprocessableEntity, []FieldError{{"current", c.both("尝试次数过多，请稍后再试", "too many attempts; try again later")}})
	case errors.As(err, &weak):
		return c.account(http.StatusUnprocessableEntity, []FieldError{{"new", c.weak(weak.Faults)}})
	case err != nil:
		return err
	}
	// Whoever has a copy of this session's token has nothing any more.
	in, err := c.House.SignIn(c.r.Context(), c.session.Login, next, plain(c.r.UserAgent(), 200), "")
	if err != nil {
		return err
	}
	if err := c.begin(in); err != nil {
		return err
	}
	return c.redirect("/account?changed=1")
}

func (c *call) weak(faults []string) string {
	words := map[string][2]string{
		"password_short":     {"至少十二个字符", "at least twelve characters"},
		"password_long":      {"太长", "too long"},
		"password_not_text":  {"不是文字", "not text"},
		"password_is_login":  {"不能与登录名相同", "not the name you sign in with"},
		"password_is_number": {"不能与警号相同", "not your police number"},
		"password_common":    {"太常见", "too common"},
	}
	var out []string
	for _, f := range faults {
		out = append(out, c.both(words[f][0], words[f][1]))
	}
	return strings.Join(out, c.both("；", "; "))
}

func endSession(c *call) error {
	token, err := ledger.ParseHash(c.r.PathValue("token"))
	if err != nil {
		return casefile.ErrNotFound
	}
	if err := c.House.EndSession(c.r.Context(), c.who, token); err != nil {
		return err
	}
	return c.redirect("/account")
}

func endOthers(c *call) error {
	sessions, err := c.House.Sessions(c.r.Context(), c.who)
	if err != nil {
		return err
	}
	for _, s := range sessions {
		if s.Token != c.session.Token {
			if err := c.House.EndSession(c.r.Context(), c.who, s.Token); err != nil {
				return err
			}
		}
	}
	return c.redirect("/account")
}
