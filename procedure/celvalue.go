package procedure

import (
	"fmt"
	"reflect"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"plumbline/calendar"
	"plumbline/casefile"
)

// The kinds of value that expressions know beyond CEL's own.
var (
	moneyType  = types.NewObjectType("money", traits.AdderType, traits.SubtractorType, traits.ComparerType, traits.NegatorType)
	momentType = types.NewObjectType("moment", traits.ComparerType)
	dateType   = types.NewObjectType("date", traits.ComparerType)
)

type celMoney casefile.Amount

func (m celMoney) ConvertToNative(t reflect.Type) (any, error) { return nil, noNative(m, t) }
func (m celMoney) ConvertToType(t ref.Type) ref.Val            { return noType(m, t) }
func (m celMoney) Equal(o ref.Val) ref.Val                     { n, ok := o.(celMoney); return types.Bool(ok && m == n) }
func (m celMoney) Type() ref.Type                              { return moneyType }
func (m celMoney) Value() any                                  { return casefile.Amount(m) }
func (m celMoney) Negate() ref.Val                             { return -m }

func (m celMoney) Compare(o ref.Val) ref.Val {
	n, ok := o.(celMoney)
	if !ok {
		return types.MaybeNoSuchOverloadErr(o)
	}
	return compare(int64(m), int64(n))
}

func (m celMoney) Add(o ref.Val) ref.Val {
	n, ok := o.(celMoney)
	if !ok {
		return types.MaybeNoSuchOverloadErr(o)
	}
	sum := casefile.MoneyOf(casefile.Amount(m)).Add(casefile.MoneyOf(casefile.Amount(n)))
	if !sum.Known() {
		return types.NewErr("amount out of range")
	}
	return celMoney(sum.Money())
}

func (m celMoney) Subtract(o ref.Val) ref.Val {
	n, ok := o.(celMoney)
	if !ok {
		return types.MaybeNoSuchOverloadErr(o)
	}
	return m.Add(-n)
}

type celMoment calendar.Instant

func (m celMoment) ConvertToNative(t reflect.Type) (any, error) { return nil, noNative(m, t) }
func (m celMoment) ConvertToType(t ref.Type) ref.Val            { return noType(m, t) }
func (m celMoment) Equal(o ref.Val) ref.Val                     { n, ok := o.(celMoment); return types.Bool(ok && m == n) }
func (m celMoment) Type() ref.Type                              { return momentType }
func (m celMoment) Value() any                                  { return calendar.Instant(m) }
func (m celMoment) Compare(o ref.Val) ref.Val {
	n, ok := o.(celMoment)
	if !ok {
		return types.MaybeNoSuchOverloadErr(o)
	}
	return compare(int64(m), int64(n))
}

type celDate calendar.Date

func (d celDate) ConvertToNative(t reflect.Type) (any, error) { return nil, noNative(d, t) }
func (d celDate) ConvertToType(t ref.Type) ref.Val            { return noType(d, t) }
func (d celDate) Equal(o ref.Val) ref.Val                     { n, ok := o.(celDate); return types.Bool(ok && d == n) }
func (d celDate) Type() ref.Type                              { return dateType }
func (d celDate) Value() any                                  { return calendar.Date(d) }
func (d celDate) Compare(o ref.Val) ref.Val {
	n, ok := o.(celDate)
	if !ok {
		return types.MaybeNoSuchOverloadErr(o)
	}
	return compare(int64(d), int64(n))
}

func compare(a, b int64) ref.Val {
	switch {
	case a < b:
		return types.IntNegOne
	case a > b:
		return types.IntOne
	}
	return types.IntZero
}

func noNative(v ref.Val, t reflect.Type) error {
	return fmt.Errorf("%s does not convert to %s", v.Type().TypeName(), t)
}

func noType(v ref.Val, t ref.Type) ref.Val {
	if t == types.TypeType {
		return v.Type().(*types.Type)
	}
	return types.NewErr("%s does not convert to %s", v.Type().TypeName(), t.TypeName())
}

func celTypeOf(k casefile.Kind) *cel.Type {
	switch k {
	case casefile.Bool:
		return cel.BoolType
	case casefile.Int:
		return cel.IntType
	case casefile.Number:
		return cel.DoubleType
	case casefile.Money:
		return moneyType
	case casefile.Text:
		return cel.StringType
	case casefile.Instant:
		return momentType
	case casefile.Date:
		return dateType
	}
	return cel.DynType
}

func toCEL(v casefile.Value) ref.Val {
	switch v.Kind() {
	case casefile.Bool:
		return types.Bool(v.Bool())
	case casefile.Int:
		return types.Int(v.Int())
	case casefile.Number:
		return types.Double(v.Number())
	case casefile.Money:
		return celMoney(v.Money())
	case casefile.Text:
		return types.String(v.Text())
	case casefile.Instant:
		return celMoment(v.Instant())
	case casefile.Date:
		return celDate(v.Date())
	}
	return types.NewErr("unknown")
}
