package postgres

import (
	"bytes"
	"context"
	"slices"

	"plumbline/casefile"
	"plumbline/ledger"
	"plumbline/store/group"
)

// byDigest orders slips so that nothing tells in which order they came.
func byDigest(slips []ledger.Hash) []ledger.Hash {
	return slices.SortedFunc(slices.Values(slips), func(a, b ledger.Hash) int { return bytes.Compare(a[:], b[:]) })
}

// AddSlips adds slips of an anonymous survey.
func (s *Store) AddSlips(ctx context.Context, id casefile.CaseID, slips []ledger.Hash) error {
	var all []group.Statement
	for _, x := range byDigest(slips) {
		all = append(all, group.Statement{Text: `INSERT INTO survey_slip (slip, case_id) VALUES ($1, $2)`, Args: []any{x[:], string(id)}})
	}
	return s.line.Put(ctx, all...)
}

// Slip returns whose a slip is and whether it was used, or casefile.ErrNotFound.
func (s *Store) Slip(ctx context.Context, slip ledger.Hash) (id casefile.CaseID, used bool, err error) {
	err = s.read.QueryRow(ctx, `SELECT case_id, used FROM survey_slip WHERE slip = $1`, slip[:]).Scan(&id, &used)
	return id, used, found(err)
}

// PutAnswers marks slips as used and adds to the counts.
func (s *Store) PutAnswers(ctx context.Context, id casefile.CaseID, slips []ledger.Hash, counts []casefile.SurveyCount) error {
	var all []group.Statement
	for _, x := range byDigest(slips) {
		all = append(all, group.Statement{Text: `UPDATE survey_slip SET used = true WHERE slip = $1 AND case_id = $2`, Args: []any{x[:], string(id)}})
	}
	for _, c := range counts {
		all = append(all, group.Statement{Text: `INSERT INTO survey_count (case_id, part, question, answer, n) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (case_id, part, question, answer) DO UPDATE SET n = survey_count.n + excluded.n`, Args: []any{string(id), c.Group, string(c.Question), c.Answer, c.N}})
	}
	return s.line.Put(ctx, all...)
}

// EndSurvey notes that a survey was counted.
func (s *Store) EndSurvey(ctx context.Context, id casefile.CaseID) error {
	return s.put(ctx, `INSERT INTO survey_end (case_id) VALUES ($1) ON CONFLICT DO NOTHING`, string(id))
}

// Survey returns what a survey has collected; nothing of a case that is none.
func (s *Store) Survey(ctx context.Context, id casefile.CaseID) (casefile.Survey, error) {
	var out casefile.Survey
	err := s.read.QueryRow(ctx, `SELECT count(*), coalesce(sum(CASE WHEN used THEN 1 ELSE 0 END), 0), EXISTS (SELECT 1 FROM survey_end WHERE case_id = $1) FROM survey_slip WHERE case_id = $1`, string(id)).Scan(&out.Slips, &out.Used, &out.Ended)
	if err != nil {
		return out, err
	}
	out.Counts, err = rows(ctx, s.read, func(row scanner) (casefile.SurveyCount, error) {
		var c casefile.SurveyCount
		err := row.Scan(&c.Group, &c.Question, &c.Answer, &c.N)
		return c, err
	}, `SELECT part, question, answer, n FROM survey_count WHERE case_id = $1 ORDER BY part COLLATE "C", question COLLATE "C", answer COLLATE "C"`, string(id))
	return out, err
}
