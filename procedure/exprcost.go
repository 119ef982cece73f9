package procedure

import (
	"reflect"

	"cel.dev/cel-go/common/cost"
)

type reflectType = reflect.Type

// noHints bounds every text by one kibibyte when the cost of an expression is estimated.
type noHints struct{}

func (noHints) EstimateSize(cost.AstNode) *cost.SizeEstimate {
	return &cost.SizeEstimate{Min: 0, Max: 1024}
}

func (noHints) EstimateCallCost(string, string, *cost.AstNode, []cost.AstNode) *cost.CallEstimate {
	return nil
}
