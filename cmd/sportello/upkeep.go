package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"io"
	"path/filepath"
	"time"

	"sportello/cmd/sportello/internal/config"
	"sportello/cmd/sportello/internal/ledger"
	"sportello/cmd/sportello/internal/till"
	"sportello/protocol/local"
	"sportello/ui"
)

// upkeep is what the service does for those who look after it (ui.Upkeep).
type upkeep struct {
	cfg      *config.Config
	ledger   *ledger.Ledger
	till     *till.Till
	platform *platform
	begun    time.Time
}

var _ ui.Upkeep = (*upkeep)(nil)

func (u *upkeep) Backup(w io.Writer, stop func()) (ui.Backup, error) {
	c, err := u.ledger.Backup(w, stop)
	return ui.Backup{SHA256: c.SHA256, Head: c.Head, Entries: c.Entries}, err
}

func (u *upkeep) RestoreStatus(ctx context.Context) (local.RestoreStatus, error) {
	return u.till.RestoreStatus(ctx)
}

func (u *upkeep) Restore(ctx context.Context, by local.Operator, request local.RestoreRequest) (local.Payment, error) {
	return u.till.Restore(ctx, by, request)
}

// writeMaintenance makes the token for upkeep, new at each start: readable by whoever may read the ledger.
func writeMaintenance(dir string) (string, error) {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the process instead
	token := hex.EncodeToString(b[:])
	return token, writeOwn(filepath.Join(dir, maintenanceName), []byte(token+"\n"))
}
