package eventlog

import "strings"

// What a key or column means to an event or a trace; one may mean several things.
const (
	isAct = 1 << iota
	isTime
	isPerson
	isPost
	isUnit
	isLifecycle
	isCase
)

// key is what is known of an attribute key: its meaning, and the name under which its values are handed on.
type key struct {
	text  string
	name  string
	role  uint8
	keep  bool   // goes to Data
	stamp uint64 // serial of the element in which the key was seen last: finds duplicates without a search
}

// keys interns attribute keys, so that equal keys of a worker's batches share their bytes and no string is made
// for a key seen before. A small cache with a cheap hash answers nearly always; the map behind it has the
// runtime's seeded hash, so that no choice of keys makes it slow.
type keys struct {
	cache [256]*key
	all   map[string]*key
	rule  func(text string) key
}

// maxInterned bounds the table. It is emptied between elements, never within one.
const maxInterned = 1 << 16

func newKeys(rule func(string) key) *keys {
	return &keys{all: make(map[string]*key), rule: rule}
}

func slot(s string) uint8 {
	n := len(s)
	if n == 0 {
		return 0
	}
	h := uint32(n)*31 + uint32(s[0])*7 + uint32(s[n-1])*131 + uint32(s[n/2])*61
	return uint8(h ^ h>>8)
}

func (t *keys) find(s string) *key {
	c := &t.cache[slot(s)]
	if k := *c; k != nil && k.text == s {
		return k
	}
	k := t.all[s]
	if k == nil {
		made := t.rule(strings.Clone(s))
		k = &made
		t.all[k.text] = k
	}
	*c = k
	return k
}

func (t *keys) trim() {
	if len(t.all) > maxInterned {
		clear(t.all)
		clear(t.cache[:])
	}
}

// acts interns activity names and renames them.
type acts struct {
	cache  [256]struct{ text, name string }
	all    map[string]string
	rename map[string]string
}

func newActs(rename map[string]string) *acts {
	return &acts{all: make(map[string]string), rename: rename}
}

func (t *acts) find(s string) string {
	c := &t.cache[slot(s)]
	if c.text == s {
		return c.name
	}
	name, ok := t.all[s]
	if !ok {
		if len(t.all) > maxInterned {
			clear(t.all)
		}
		text := strings.Clone(s)
		if name, ok = t.rename[text]; !ok {
			name = text
		}
		t.all[text] = name
	}
	*c = struct{ text, name string }{strings.Clone(s), name}
	return name
}
