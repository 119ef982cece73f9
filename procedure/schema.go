package procedure

import (
	"reflect"
	"strings"

	yaml "plumbline/internal/strictyaml"
)

// SchemaFiles are the kinds of file a pack is made of, each with a JSON Schema.
var SchemaFiles = []string{"pack", "sources", "calendar", "procedure", "part", "document", "offence", "benchmark"}

// Schema is the JSON Schema (2020-12) of one kind of file, made from the types that decode it, so that the two cannot
// drift apart. It describes form; what names mean is checked by Load.
func Schema(file string) map[string]any {
	roots := map[string]reflect.Type{
		"pack": reflect.TypeFor[packFile](), "sources": reflect.TypeFor[sourcesFile](),
		"calendar": reflect.TypeFor[calendarFile](), "procedure": reflect.TypeFor[procedureFile](), "part": reflect.TypeFor[partFile](),
		"document": reflect.TypeFor[documentFile](), "offence": reflect.TypeFor[offenceFile](),
		"benchmark": reflect.TypeFor[benchmarkFile](),
	}
	g := &schemas{defs: map[string]any{}}
	s := g.structure(roots[file])
	s["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	s["title"] = "Plumbline pack: " + file + ".yaml"
	s["$defs"] = g.defs
	return s
}

type schemas struct{ defs map[string]any }

var scalar = map[string]any{"type": []string{"string", "number", "boolean"}}

func (g *schemas) of(t reflect.Type) map[string]any {
	switch t {
	case reflect.TypeFor[yaml.Str]():
		return scalar
	case reflect.TypeFor[list]():
		return oneOfSchemas(scalar, arrayOf(scalar))
	case reflect.TypeFor[named]():
		return oneOfSchemas(scalar, map[string]any{"type": "null"})
	case reflect.TypeFor[ofDef]():
		return map[string]any{"type": "string", "pattern": "^(every|any) .+$"}
	case reflect.TypeFor[withinDef]():
		return oneOfSchemas(scalar, arrayOf(g.ref(reflect.TypeFor[tierDef]())), g.ref(reflect.TypeFor[promptlyDef]()))
	case reflect.TypeFor[enumDef]():
		return oneOfSchemas(arrayOf(scalar), map[string]any{"type": "object", "additionalProperties": g.ref(reflect.TypeFor[Text]())})
	case reflect.TypeFor[labelledDef]():
		return map[string]any{"type": "array", "prefixItems": []any{g.ref(reflect.TypeFor[phrase]()), scalar}, "minItems": 2, "maxItems": 2}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return g.of(t.Elem())
	case reflect.String:
		return scalar
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int:
		return map[string]any{"type": "integer"}
	case reflect.Slice:
		if e := t.Elem(); e.Kind() == reflect.Struct && strings.HasPrefix(e.Name(), "Entry[") {
			value, _ := e.FieldByName("Value")
			return map[string]any{"type": []string{"object", "null"}, "additionalProperties": g.of(value.Type)}
		}
		return arrayOf(g.of(t.Elem()))
	case reflect.Struct:
		for i := range t.NumField() {
			if tag, _ := yaml.TagOf(t.Field(i)); tag.Bare {
				return oneOfSchemas(scalar, g.ref(t))
			}
		}
	}
	return g.ref(t)
}

func arrayOf(s any) map[string]any         { return map[string]any{"type": "array", "items": s} }
func oneOfSchemas(s ...any) map[string]any { return map[string]any{"oneOf": s} }

// ref defines a struct once and points at it.
func (g *schemas) ref(t reflect.Type) map[string]any {
	name := t.Name()
	if name == "" {
		return g.structure(t)
	}
	if _, ok := g.defs[name]; !ok {
		g.defs[name] = nil // being made
		g.defs[name] = g.structure(t)
	}
	return map[string]any{"$ref": "#/$defs/" + name}
}

func (g *schemas) structure(t reflect.Type) map[string]any {
	properties, required := map[string]any{}, []string{}
	g.fields(t, properties, &required)
	s := map[string]any{"type": "object", "additionalProperties": false, "properties": properties}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}

func (g *schemas) fields(t reflect.Type, properties map[string]any, required *[]string) {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			g.fields(f.Type, properties, required)
			continue
		}
		if tag, ok := yaml.TagOf(f); ok {
			properties[tag.Name] = g.of(f.Type)
			if tag.Required {
				*required = append(*required, tag.Name)
			}
		}
	}
}
