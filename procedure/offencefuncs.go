package procedure

import (
	"slices"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"plumbline/casefile"
	yaml "plumbline/internal/strictyaml"
)

// offenceFunctions are what expressions ask of the catalogue, so that what an offence allows is computed and never ticked.
func (p *Procedure) offenceFunctions() []cel.EnvOption {
	of := func(name string, args []*cel.Type, result *cel.Type, ask func(o *Offence, args []ref.Val) ref.Val) cel.EnvOption {
		return cel.Function(name, cel.Overload(name+"_of_offence", append([]*cel.Type{cel.StringType}, args...), result,
			cel.FunctionBinding(func(args ...ref.Val) ref.Val {
				o := p.Pack.Offence(string(args[0].(types.String)))
				if o == nil {
					return types.NewErr("the catalogue has no offence %s", args[0])
				}
				return ask(o, args[1:])
			})))
	}
	// penalty reads a fine and days of detention; where both are nothing it is a warning.
	penalty := func(args []ref.Val) Proposal {
		fine, days := casefile.Amount(args[0].(celMoney)), int(args[1].(types.Int))
		return Proposal{Warning: fine == 0 && days == 0, Fine: fine, Days: days}
	}
	return []cel.EnvOption{
		of("in_range", []*cel.Type{cel.StringType, moneyType, cel.IntType}, cel.BoolType, func(o *Offence, args []ref.Val) ref.Val {
			return types.Bool(len(o.Allows(string(args[0].(types.String)), penalty(args[1:]))) == 0)
		}),
		of("in_benchmark", []*cel.Type{cel.StringType, cel.StringType, moneyType, cel.IntType}, cel.BoolType, func(o *Offence, args []ref.Val) ref.Val {
			return types.Bool(p.Pack.InBenchmark(o.ID, string(args[0].(types.String)), string(args[1].(types.String)), penalty(args[2:])))
		}),
		of("not_above", []*cel.Type{cel.StringType, moneyType, cel.IntType}, cel.BoolType, func(o *Offence, args []ref.Val) ref.Val {
			t := o.Tier(string(args[0].(types.String)))
			if t == nil {
				return types.False
			}
			most, unlimited := t.maxFine()
			x := penalty(args[1:])
			return types.Bool((unlimited || x.Fine <= most) && x.Days <= t.maxDays())
		}),
		of("mediation", nil, cel.StringType, func(o *Offence, _ []ref.Val) ref.Val { return types.String(o.Mediation) }),
		of("may_detain", nil, cel.BoolType, func(o *Offence, _ []ref.Val) ref.Val { return types.Bool(o.DetentionPossible("")) }),
		of("most_days", nil, cel.IntType, func(o *Offence, _ []ref.Val) ref.Val { return types.Int(o.MaxDays()) }),
		of("most_fine", nil, moneyType, func(o *Offence, _ []ref.Val) ref.Val {
			most, unlimited := o.MaxFine()
			if unlimited { // a multiple of the gains
				most = maxAmount
			}
			return celMoney(most)
		}),
		of("flagged", []*cel.Type{cel.StringType}, cel.BoolType, func(o *Offence, args []ref.Val) ref.Val {
			flag := string(args[0].(types.String))
			if !slices.Contains(OffenceFlags, flag) {
				return types.NewErr("no flag %q of offences%s", flag, yaml.Suggest(flag, OffenceFlags))
			}
			return types.Bool(o.Has(flag))
		}),
	}
}
