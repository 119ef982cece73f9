package procedure_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"io/fs"
	"os"
	"path"
	"testing"

	goyaml "github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"plumbline/packs"
	"plumbline/procedure"
)

var update = flag.Bool("update", false, "write the published schemas anew")

func TestThePublishedSchemasAreThoseOfTheTypes(t *testing.T) {
	for _, name := range procedure.SchemaFiles {
		want, err := json.MarshalIndent(procedure.Schema(name), "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, '\n')
		file := "../packs/schema/" + name + ".schema.json"
		if *update {
			if err := os.WriteFile(file, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what the types say; run go test ./procedure -update (%v)", file, err)
		}
	}
}

func TestPacksFitThePublishedSchemas(t *testing.T) {
	compiled := map[string]*jsonschema.Schema{}
	for _, name := range procedure.SchemaFiles {
		raw, err := json.Marshal(procedure.Schema(name))
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		c := jsonschema.NewCompiler()
		if err := c.AddResource(name, doc); err != nil {
			t.Fatal(err)
		}
		if compiled[name], err = c.Compile(name); err != nil {
			t.Fatal(err)
		}
	}
	check := func(kind, file string, data []byte) {
		var v any
		if err := goyaml.Unmarshal(data, &v); err != nil {
			t.Fatal(err)
		}
		raw, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if err := compiled[kind].Validate(doc); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
	for _, pack := range packs.Names {
		err := fs.WalkDir(packs.FS, pack, func(file string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || path.Ext(file) != ".yaml" {
				return err
			}
			kind := map[string]string{"procedures": "procedure", "calendars": "calendar", "documents": "document", "offences": "offence"}[path.Base(path.Dir(file))]
			if path.Base(path.Dir(path.Dir(file))) == "procedures" {
				kind = "part"
			}
			switch path.Base(file) {
			case "pack.yaml":
				kind = "pack"
			case "sources.yaml":
				kind = "sources"
			}
			if kind == "" {
				return nil
			}
			data, err := fs.ReadFile(packs.FS, file)
			if err == nil {
				check(kind, file, data)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
