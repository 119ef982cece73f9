// Package bench measures the stores beside what their engines can do at most: go test -run '^$' -bench . ./bench
package bench
