package procedure_test

import (
	"testing"

	"plumbline/packs"
	"plumbline/procedure"
)

func TestPacksThatComeWithTheProgramLoad(t *testing.T) {
	for _, name := range packs.Names {
		if _, err := procedure.Load(packs.FS, name); err != nil {
			t.Errorf("%s:\n%v", name, err)
		}
	}
}
