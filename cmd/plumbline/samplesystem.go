package main

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"plumbline/calendar"
)

type sampleSystemCommand struct {
	Out   string `default:"sample-system" help:"Folder for the export, the mapping and what serve needs." type:"path"`
	Cases int    `default:"2000" help:"How many cases to make, 100 at least."`
	Seed  uint64 `default:"1" help:"The same seed and day make the same export."`
	Until string `help:"The last day of the year, as 2026-11-23; without it, today."`
}

// Run makes the export of a year of a made-up case system: calls, cases and acts in three tables with ordinary mess, and
// faults that only faults.csv tells.
func (c *sampleSystemCommand) Run() error {
	if c.Cases < 100 {
		return errors.New("--cases: 100 at least, for 40 faults to hide in")
	}
	zone, err := calendar.LoadZone("Asia/Shanghai")
	if err != nil {
		return err
	}
	until := zone.Date(now())
	if c.Until != "" {
		if until, err = calendar.ParseDate(c.Until); err != nil {
			return fmt.Errorf("--until: %w", err)
		}
	}
	s := &madeUpSystem{zone: zone, random: rand.New(rand.NewPCG(c.Seed, 6)), until: until, cases: c.Cases}
	s.make()
	if err := s.write(c.Out); err != nil {
		return err
	}
	fmt.Printf("%s: %d calls, %d cases, %d rows of acts, %d rows that cannot be taken; %d faults, told in %s\n", filepath.Join(c.Out, "export"), len(s.calls), len(s.files), len(s.acts), s.unusable, len(s.faults), filepath.Join(c.Out, "faults.csv"))
	fmt.Printf("plumbline user found --data %[1]s %[2]s\nplumbline watch --data %[1]s %[3]s\nplumbline sample found --data %[1]s %[4]s\n", quoted(filepath.Join(c.Out, "record")), quoted(filepath.Join(c.Out, "organ.yaml")), quoted(filepath.Join(c.Out, "sources.yaml")), quoted(filepath.Join(c.Out, "faults.csv")))
	return nil
}

// madeUpSystem is a case system that never was.
type madeUpSystem struct {
	zone     *calendar.Zone
	random   *rand.Rand
	until    calendar.Date
	cases    int
	calls    [][]string
	files    [][]string
	acts     [][]string
	faults   [][2]string // case and rule
	unusable int

	// of the case being made
	call, no, unit string
	day            calendar.Date
	serial         int
}

var (
	callColumns = []string{"接警编号", "接报时间", "报案方式", "事由", "简要情况", "地点", "单位", "接警人"}
	fileColumns = []string{"案件编号", "接警编号", "案件名称", "单位", "受案时间", "受案意见", "立案时间", "办案人", "不予处理时间", "移送时间", "移送单位", "依据", "理由", "方式", "已告知"}
	actColumns  = []string{"流水号", "案件编号", "行为", "时间", "经办人", "单位", "人员编号", "身份", "姓名", "方式", "办案人", "到案时间", "开始", "结束", "场所", "录音录像", "未成年", "核对", "签名", "罚款", "拘留", "结果", "意见", "理由", "依据", "事实", "证据", "证据种类", "违法行为", "措施", "需审核", "集体讨论", "备注"}
)

// faultsOfTheYear are the faults that are hidden: each five times, in cases that are otherwise as they should be.
var faultsOfTheYear = []string{"R09", "R15", "R18", "R21", "R22", "R39", "R58", "R46"}

const eachFault = 5

func (s *madeUpSystem) make() {
	hidden := map[int]string{}
	for _, rule := range faultsOfTheYear {
		for n := 0; n < eachFault; {
			if k := s.random.IntN(s.cases); hidden[k] == "" {
				hidden[k] = rule
				n++
			}
		}
	}
	for k := range s.cases {
		// Whatever the law asks for by a day has come to its end by the last, but for the newest cases.
		s.day = s.until - 364 + calendar.Date(k*345/s.cases)
		s.unit = []string{"城东所", "城西所", "城北所"}[k%3]
		s.no = fmt.Sprintf("A%s%06d", s.day.String()[:4], k+1)
		s.call = fmt.Sprintf("J%08d", k+1)
		s.oneCase(hidden[k])
		if hidden[k] != "" {
			s.faults = append(s.faults, [2]string{s.call, hidden[k]})
		}
	}
	s.mess()
}

// at gives a moment so many minutes after nine on a day of the case.
func (s *madeUpSystem) at(days, minutes int) calendar.Instant {
	return s.zone.Start(s.day+calendar.Date(days)) + calendar.Instant(9*60+minutes)*60*1e6
}

// written writes a moment in one of the three ways that the system knows.
func (s *madeUpSystem) written(t calendar.Instant) string {
	at := time.UnixMicro(int64(t)).UTC().Add(8 * time.Hour)
	return at.Format([]string{"2006-01-02 15:04", "2006/1/2 15:04", "2006年1月2日 15:04"}[s.random.IntN(10)*s.random.IntN(2)/4])
}

func (s *madeUpSystem) person(what string) string { return strings.TrimSuffix(s.unit, "所") + what }

func (s *madeUpSystem) act(name, by string, t calendar.Instant, fields ...string) {
	s.serial++
	row := make([]string, len(actColumns))
	row[0], row[1], row[2], row[3], row[4], row[5] = fmt.Sprintf("L%09d", s.serial), s.no, name, s.written(t), by, s.unit
	for i := 0; i < len(fields); i += 2 {
		row[slices.Index(actColumns, fields[i])] = fields[i+1]
	}
	s.acts = append(s.acts, row)
}

func (s *madeUpSystem) oneCase(fault string) {
	how := cmp.Or(map[string]string{"R09": "transfer"}[fault], "")
	if fault != "" && how == "" {
		how = "penalty"
	}
	if how == "" {
		switch n := s.random.IntN(100); {
		case n < 45:
			how = "refused"
		case n < 65:
			how = "transfer"
		case n < 80:
			how = "settled"
		default:
			how = "penalty"
		}
	}
	handler, second, head := s.person("甲"), s.person("乙"), s.person("所长")
	start := s.random.IntN(60)
	at := func(days, minutes int) calendar.Instant { return s.at(days, start+minutes) }
	s.calls = append(s.calls, []string{s.call, s.written(at(0, 0)), []string{"来人", "电话"}[s.random.IntN(2)], "某日纠纷", "报案人称发生纠纷", []string{"", "某镇某路"}[s.random.IntN(2)], s.unit, handler})
	file := make([]string, len(fileColumns))
	file[0], file[1], file[2], file[3], file[7] = s.no, s.call, "某日纠纷案"+s.no[5:], s.unit, handler
	s.files = append(s.files, file)
	set := func(fields ...string) {
		for i := 0; i < len(fields); i += 2 {
			file[slices.Index(fileColumns, fields[i])] = fields[i+1]
		}
	}
	reporter, offender := s.no+"-1", s.no+"-2"
	s.act("登记人员", handler, at(0, 5), "人员编号", reporter, "身份", "报案人", "姓名", "王某")
	switch how {
	case "refused":
		set("不予处理时间", s.written(at(0, 30)), "依据", "不属于公安机关职责", "理由", "合同纠纷，已口头告知可向法院起诉", "方式", "口头")
		return
	case "transfer":
		days := 0
		if fault == "R09" {
			days = 2
		}
		set("移送时间", s.written(at(days, 40)), "移送单位", "邻县公安局", "理由", "地点在邻县", "已告知", "是")
		return
	}
	set("受案时间", s.written(at(0, 10)), "受案意见", "属本单位管辖，建议受案", "立案时间", s.written(at(0, 40)))
	s.act("交付回执", handler, at(0, 20), "人员编号", reporter, "方式", "当面")
	s.act("指派", head, at(0, 30), "办案人", handler+"、"+second)
	s.act("登记人员", handler, at(0, 50), "人员编号", offender, "身份", "嫌疑人", "姓名", "李某")
	if how == "settled" {
		s.act("终止调查", head, at(3, 0), "依据", "没有违法事实")
		return
	}
	if fault != "R21" {
		s.act("批准传唤", head, at(0, 60), "人员编号", offender, "理由", "涉嫌殴打他人", "到案时间", s.written(at(0, 120)), "场所", "办案区")
	}
	s.act("传唤", handler, at(0, 120), "人员编号", offender, "到案时间", s.written(at(0, 120)), "结果", "否")
	if fault != "R22" {
		s.act("通知家属", handler, at(0, 130), "人员编号", offender, "方式", "电话")
	}
	s.act("询问", handler, at(0, 240), "人员编号", offender, "办案人", handler+"、"+second, "开始", s.written(at(0, 150)), "结束", s.written(at(0, 240)), "场所", "办案区", "录音录像", "是", "未成年", "否", "核对", "阅读", "签名", "已签", "意见", "问答略", "结果", "是")
	leave := 260
	if fault == "R18" {
		leave = 120 + 8*60 + 75
	}
	s.act("离开", "", at(0, leave), "人员编号", offender)
	days := 5
	if fault == "R15" {
		days = 45
	}
	s.act("呈批", handler, at(2, 0), "人员编号", offender, "罚款", "500", "拘留", "0", "事实", "殴打他人", "证据", "陈述、监控录像", "依据", "治安管理处罚法第51条", "措施", "罚款五百元", "证据种类", "被侵害人陈述、视听资料", "违法行为", "殴打他人", "结果", "较轻")
	if fault != "R39" {
		s.act("告知处罚", handler, at(2, 60), "人员编号", offender, "罚款", "500", "拘留", "0", "结果", "不申辩")
	}
	s.act("审核范围", s.person("法制员"), at(3, 0), "需审核", "否", "集体讨论", "否", "理由", "一般案件")
	reviewer := s.person("法制员")
	if fault == "R46" {
		reviewer = handler
	}
	s.act("审核", reviewer, at(3, 60), "人员编号", offender, "结果", "通过", "意见", "事实清楚")
	s.act("审批", head, at(days, 0), "人员编号", offender, "罚款", "500", "拘留", "0", "措施", "罚款五百元")
	s.act("决定", head, at(days, 30), "备注", "所")
	s.act("送达", handler, at(days, 60), "人员编号", offender, "方式", "当面")
	if fault != "R58" {
		s.act("执行", handler, at(days+2, 0), "人员编号", offender, "结果", "已缴罚款")
	}
	s.act("结案", head, at(days+3, 0), "依据", "执行完毕")
	s.act("归档", handler, at(days+8, 0), "备注", "档案室", "结果", "是")
}

// mess is what exports have: rows that come twice, late, or in an earlier form first, blank cells, and rows that cannot be
// taken.
func (s *madeUpSystem) mess() {
	r := s.random
	for range len(s.acts) / 100 {
		s.acts = append(s.acts, s.acts[r.IntN(len(s.acts))])
	}
	for range len(s.calls) / 200 {
		s.calls = append(s.calls, s.calls[r.IntN(len(s.calls))])
	}
	r.Shuffle(len(s.calls), func(i, j int) { s.calls[i], s.calls[j] = s.calls[j], s.calls[i] })
	r.Shuffle(len(s.files), func(i, j int) { s.files[i], s.files[j] = s.files[j], s.files[i] })
	for n := 0; n < len(s.acts); n += 5000 { // within what was written in some days, and some very late
		part := s.acts[n:min(n+5000, len(s.acts))]
		r.Shuffle(len(part), func(i, j int) { part[i], part[j] = part[j], part[i] })
	}
	for range len(s.acts) / 500 {
		i, j := r.IntN(len(s.acts)), r.IntN(len(s.acts))
		s.acts[i], s.acts[j] = s.acts[j], s.acts[i]
	}
	earlier := map[string]bool{}
	var before [][]string
	for range len(s.acts) / 400 { // first written otherwise
		row := slices.Clone(s.acts[r.IntN(len(s.acts))])
		if earlier[row[0]] || row[len(row)-1] == "" {
			continue
		}
		earlier[row[0]] = true
		row[len(row)-1] = "待补"
		before = append(before, row)
	}
	s.acts = append(before, s.acts...)
	bad := func(change func(row []string)) {
		row := slices.Clone(s.acts[len(before)+r.IntN(len(s.acts)-len(before))])
		row[0] = fmt.Sprintf("X%09d", s.unusable)
		change(row)
		s.acts = append(s.acts, row)
		s.unusable++
	}
	for range 10 {
		bad(func(row []string) { row[3] = "" })
		bad(func(row []string) { row[3] = "昨天" })
		bad(func(row []string) { row[1] = "" })
		bad(func(row []string) { row[1] = "A0000" + row[1] })
		bad(func(row []string) { row[2] = "盖章" })
	}
}

func (s *madeUpSystem) write(dir string) error {
	export := filepath.Join(dir, "export")
	if err := os.MkdirAll(export, 0o755); err != nil {
		return err
	}
	if there, err := os.ReadDir(export); err != nil || len(there) > 0 {
		return errors.Join(err, fmt.Errorf("%s is not empty: name another folder with --out", export))
	}
	faults := [][]string{}
	for _, f := range s.faults {
		faults = append(faults, f[:])
	}
	for _, f := range []struct {
		name    string
		columns []string
		rows    [][]string
		gb      int // in a hundred lines those in GB18030
	}{{"export/calls.csv", callColumns, s.calls, 100}, {"export/cases.csv", fileColumns, s.files, 0}, {"export/acts.csv", actColumns, s.acts, 2}, {"faults.csv", []string{"case", "rule"}, faults, 0}} {
		if err := s.writeTable(filepath.Join(dir, f.name), f.columns, f.rows, f.gb); err != nil {
			return err
		}
	}
	var people strings.Builder
	people.WriteString("name,person\n")
	organ := "units:\n  - {id: bureau, kind: county, name: {zh: 某县公安局, en: Police of Some County}, mark: 某公}\n"
	staff := ""
	for i, unit := range []string{"城东", "城西", "城北"} {
		id := []string{"east", "west", "north"}[i]
		organ += fmt.Sprintf("  - {id: %s, kind: station, name: {zh: %s派出所, en: %s station}, mark: 某公（%s）, parent: bureau}\n", id, unit, strings.ToUpper(id[:1])+id[1:], string([]rune(unit)[1]))
		for k, p := range [][2]string{{"甲", "handler"}, {"乙", "handler"}, {"所长", "unit_head"}, {"法制员", "legal_officer"}} {
			fmt.Fprintf(&people, "%s%s,%s%d\n", unit, p[0], id, k+1)
			staff += fmt.Sprintf("  - {id: %[1]s%[2]d, name: %[3]s%[4]s, number: \"0%[5]d%[2]d\", post: %[6]s, unit: %[1]s%[7]s}\n", id, k+1, unit, p[0], i+1, p[1], map[bool]string{true: ", qualifications: [legal_profession]"}[p[1] == "legal_officer"])
		}
	}
	organ += "people:\n" + staff + "  - {id: watcher, name: 督察甲, number: \"0901\", post: supervisor, unit: bureau}\n  - {id: keeper, name: 管理员甲, number: \"0902\", post: administrator, unit: bureau}\n"
	for name, text := range map[string]string{"organ.yaml": organ, "people.csv": people.String(), "map.yaml": systemMapping, "sources.yaml": systemSources} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// writeTable writes a CSV whose lines are partly in GB18030.
func (s *madeUpSystem) writeTable(path string, columns []string, rows [][]string, gb int) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriterSize(f, 1<<20)
	var line bytes.Buffer
	c := csv.NewWriter(&line)
	encoder := simplifiedchinese.GB18030.NewEncoder()
	for i := -1; i < len(rows); i++ {
		row := columns
		if i >= 0 {
			row = rows[i]
		}
		line.Reset()
		if err := c.Write(row); err != nil {
			return err
		}
		c.Flush()
		text := line.Bytes()
		if gb == 100 || i >= 0 && s.random.IntN(100) < gb {
			if text, err = encoder.Bytes(text); err != nil {
				return err
			}
		}
		if _, err := w.Write(text); err != nil {
			return err
		}
	}
	return w.Flush()
}

const systemMapping = `# How the made-up system's tables become acts: see docs/histories.md. A time may be written in three ways.
zone: Asia/Shanghai
acts: {登记人员: register_person, 交付回执: give_receipt, 指派: assign, 终止调查: terminate, 归档: archive,
  批准传唤: approve_summons, 传唤: summon, 通知家属: notify_family, 询问: record_inquiry, 离开: leave, 呈批: propose, 告知处罚: notify_penalty, 审核范围: assess_review,
  审核: review_proposal, 审批: fix_penalty, 决定: decide, 送达: serve, 执行: execute_penalty, 结案: close}
tables:
  call:
    file: calls*.csv
    key: 接警编号
    case: 接警编号
    events:
      - {act: receive_report, time: 接报时间, layout: "YYYY-MM-DD hh:mm | YYYY/M/D hh:mm | YYYY年M月D日 hh:mm", person: 接警人, unit: 单位, data: {source: 报案方式, title: 事由, summary: 简要情况, place: 地点}}
  case:
    file: cases*.csv
    key: 案件编号
    parent: {table: call, by: 接警编号}
    events:
      - {act: accept, time: 受案时间, layout: "YYYY-MM-DD hh:mm | YYYY/M/D hh:mm | YYYY年M月D日 hh:mm", person: 办案人, unit: 单位, data: {opinion: 受案意见}}
      - {act: file, time: 立案时间, layout: "YYYY-MM-DD hh:mm | YYYY/M/D hh:mm | YYYY年M月D日 hh:mm", person: 办案人, unit: 单位, data: {}}
      - {act: refuse_acceptance, time: 不予处理时间, layout: "YYYY-MM-DD hh:mm | YYYY/M/D hh:mm | YYYY年M月D日 hh:mm", person: 办案人, unit: 单位, data: {ground: 依据, reason: 理由, told: 方式}}
      - {act: transfer_case, time: 移送时间, layout: "YYYY-MM-DD hh:mm | YYYY/M/D hh:mm | YYYY年M月D日 hh:mm", person: 办案人, unit: 单位, data: {to_unit: 移送单位, reason: 理由, reporter_told: 已告知}}
  act:
    file: acts*.csv
    key: 流水号
    parent: {table: case, by: 案件编号}
    events:
      - act_from: 行为
        time: 时间
        layout: YYYY-MM-DD hh:mm | YYYY/M/D hh:mm | YYYY年M月D日 hh:mm
        person: 经办人
        unit: 单位
        data: {person_no: 人员编号, role: 身份, name: 姓名, how: 方式, handlers: 办案人, officers: 办案人, arrived: 到案时间, appear_at: 到案时间, began: 开始, ended: 结束,
          where: 场所, place: 备注, appear_place: 场所, recorded_av: 录音录像, under_18: 未成年, checked: 核对, signed: 签名, fine: 罚款, detention_days: 拘留, result: 结果, answer: 结果, oral: 结果,
          rights_told: 结果, what: 结果, tier: 结果, complete: 结果, opinion: 意见, text: 意见, reason: 理由, ground: 依据, grounds: 依据, facts: 事实, evidence: 证据,
          evidence_kinds: 证据种类, offence: 违法行为, measure: 措施, required: 需审核, collective: 集体讨论, level: 备注}
`

const systemSources = `# The made-up system, followed: see docs/watch.md.
every: 5s
sources:
  rms:
    title: {zh: 某县案件系统, en: Case system of Some County}
    procedure: cn-police/administrative
    unit: bureau
    units: {城东所: east, 城西所: west, 城北所: north}
    people_file: people.csv
    subject: person_no
    role: role
    values:
      source: {来人: walk_in, 电话: phone}
      role: {报案人: reporter, 嫌疑人: offender}
      how: {当面: handed, 电话: phone}
      told: {口头: oral}
      ground: {不属于公安机关职责: not_police, 没有违法事实: no_facts, 执行完毕: executed}
      where: {办案区: case_area}
      recorded_av: {是: "true"}
      under_18: {否: "false"}
      required: {否: "false"}
      collective: {否: "false"}
      checked: {阅读: read}
      signed: {已签: signed}
      oral: {否: "false"}
      rights_told: {是: "true"}
      reporter_told: {是: "true"}
      complete: {是: "true"}
      result: {通过: pass}
      answer: {不申辩: none}
      what: {已缴罚款: fine_paid}
      tier: {较轻: mitigated}
      evidence_kinds: {"被侵害人陈述、视听资料": "victim,av"}
      offence: {殴打他人: psapl-51-p1a}
      level: {所: station}
    map: map.yaml
    folder: export
`
