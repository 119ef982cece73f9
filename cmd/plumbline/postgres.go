package main

import (
	"context"
	"errors"
	"log/slog"

	"plumbline/handling"
)

func openPostgres(context.Context, string, *slog.Logger) (handling.Store, error) {
	return nil, errors.New("this build has no PostgreSQL store yet")
}
