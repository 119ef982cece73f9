package handling

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"slices"
	"strings"

	"plumbline/authority"
	"plumbline/casefile"
	"plumbline/procedure"
)

// MostRows is how many rows are taken from one file.
const MostRows = 2000

// Row is one row of another system's export: texts by the names of the data of the act that opens a case.
type Row struct {
	Line int // in the file
	Data map[string]string
}

// Taken says what became of a row.
type Taken struct {
	Line     int
	Number   string // under which the other system knows it
	Case     casefile.CaseID
	Again    bool                // it was taken before; nothing was done
	Problems []Problem           // it cannot be taken; nothing was done
	Refused  []procedure.Finding // the act that opens the case is refused
}

// ImportKey is the datum under which another system knows a case (as: external); empty where cases of the procedure are not
// imported.
func ImportKey(p *procedure.Procedure) (opening *procedure.ActInfo, key string) {
	for i := range p.Acts() {
		if a := p.Act(i); a.Opens {
			for _, f := range a.Fields {
				if f.As == "external" {
					return a, f.Name
				}
			}
		}
	}
	return nil, ""
}

// Import opens a case for each row, as the person who brings them, in a unit where they may. A row that was taken before is
// not taken again; the same number with other content is told. One bad row stops no other. It returns casefile.ErrNotFound
// where the person may not open such cases there.
func (h *House) Import(ctx context.Context, who Who, p *procedure.Procedure, unit authority.UnitID, rows []Row) ([]Taken, error) {
	opening, key := ImportKey(p)
	if key == "" || !h.mayOpen(who, p, unit, h.now()) {
		return nil, casefile.ErrNotFound
	}
	if len(rows) > MostRows {
		bad := &Invalid{}
		bad.add("file", "行数太多，请分成几个文件", "too many rows; cut the file into several")
		return nil, bad
	}
	out := make([]Taken, 0, len(rows))
	for _, row := range rows {
		t := Taken{Line: row.Line, Number: strings.TrimSpace(row.Data[key])}
		if i := slices.IndexFunc(out, func(x Taken) bool { return x.Number == t.Number && t.Number != "" }); i >= 0 {
			t.Problems = []Problem{{Field: key, Text: both("编号在文件中重复", "this number stands in the file twice")}}
			out = append(out, t)
			continue
		}
		d := sha256.Sum256([]byte("plumbline import\n" + p.ID + "\n" + string(unit) + "\n" + t.Number))
		q := &Request{ID: casefile.ActID("import-" + base32.StdEncoding.EncodeToString(d[:15])), Procedure: h.pack.ID + "/" + p.ID, Unit: unit, Kind: opening.ID, Data: row.Data, ofHouse: true}
		before := h.has(ctx, caseOf(q.ID))
		a, err := h.Submit(ctx, who, q)
		var invalid *Invalid
		switch {
		case errors.As(err, &invalid):
			t.Problems = invalid.Problems
		case errors.Is(err, casefile.ErrOtherAct):
			t.Problems = []Problem{{Field: key, Text: both("该编号已经导入，内容不同；请在原事项中更正", "this number was taken with other content; correct it in that file")}}
		case err != nil:
			return out, err
		default:
			t.Case, t.Again, t.Refused = a.Case, before, a.Refused
		}
		out = append(out, t)
	}
	return out, nil
}

func (h *House) has(ctx context.Context, id casefile.CaseID) bool {
	_, err := h.store.Case(ctx, id)
	return err == nil
}
