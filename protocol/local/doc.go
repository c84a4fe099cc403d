package local

//go:generate go run ./tsgen -dir . -o ../../ui/web/src/core/types.gen.ts
