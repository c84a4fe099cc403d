package main

import (
	"context"

	"sportello/protocol/local"
)

func (u *upkeep) Metrics(context.Context) ([]byte, error) {
	return nil, &local.Error{Code: local.CodeNotServed}
}

func (u *upkeep) Bundle(context.Context) ([]byte, error) {
	return nil, &local.Error{Code: local.CodeNotServed}
}
