package govpaytest

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// BankLine is one decision of the host behind a terminal, as the simulated
// terminal writes it with --bank. Only the line is shared, not the type.
type BankLine struct {
	V           int       `json:"v"`
	Seq         int64     `json:"seq"`
	At          time.Time `json:"at"`
	Terminal    string    `json:"terminal"`
	Kind        string    `json:"kind"` // payment, reversal, manual
	Approved    bool      `json:"approved"`
	AmountCents int64     `json:"amount_cents"`
	STAN        string    `json:"stan"`
	Online      string    `json:"online"`
	Auth        string    `json:"auth"`
	Action      string    `json:"action"`
	Card        string    `json:"card"`
	PAN         string    `json:"pan"`
	Reference   string    `json:"reference"`
	Data        []string  `json:"data"` // 18 digits of notice and 11 of creditor each
}

const maxBankLine = 64 << 10

// bankTail reads what was added to the bank file since the last look. It is
// guarded by the server's lock.
type bankTail struct {
	path   string
	file   fs.FileInfo // as of the last look, to notice a replaced file
	offset int64       // first byte not yet taken
	seen   map[string]bool
}

// read calls take for each new whole line. A line without its end is left for
// the next look; one that cannot be read is reported and passed over.
func (b *bankTail) read(take func(BankLine), report func(error)) {
	if b.path == "" {
		return
	}
	f, err := os.Open(b.path)
	if errors.Is(err, fs.ErrNotExist) {
		return // the terminal has not charged anything yet
	}
	if err != nil {
		report(fmt.Errorf("bank file: %w", err))
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		report(fmt.Errorf("bank file: %w", err))
		return
	}
	if b.file == nil || !os.SameFile(b.file, info) || info.Size() < b.offset {
		b.offset = 0
	}
	b.file = info
	if info.Size() == b.offset {
		return
	}
	if _, err := f.Seek(b.offset, io.SeekStart); err != nil {
		report(fmt.Errorf("bank file: %w", err))
		return
	}
	r := bufio.NewReaderSize(f, maxBankLine)
	for {
		text, err := r.ReadSlice('\n')
		if errors.Is(err, io.EOF) {
			return
		}
		b.offset += int64(len(text))
		if errors.Is(err, bufio.ErrBufferFull) {
			report(fmt.Errorf("bank file: line of over %d bytes", maxBankLine))
			for errors.Is(err, bufio.ErrBufferFull) {
				text, err = r.ReadSlice('\n')
				b.offset += int64(len(text))
			}
			continue
		}
		if err != nil {
			report(fmt.Errorf("bank file: %w", err))
			return
		}
		b.line(text, take, report)
	}
}

func (b *bankTail) line(text []byte, take func(BankLine), report func(error)) {
	var l BankLine
	if err := json.Unmarshal(text, &l); err != nil {
		report(fmt.Errorf("bank file: %w", err))
		return
	}
	if l.V != 1 {
		report(fmt.Errorf("bank file: line %d has version %d, this program reads 1", l.Seq, l.V))
		return
	}
	id := fmt.Sprint(l.Terminal, "/", l.Seq, "/", l.At.UnixNano())
	if b.seen[id] {
		return // the file was replaced by one that begins the same
	}
	if b.seen == nil {
		b.seen = make(map[string]bool)
	}
	b.seen[id] = true
	take(l)
}
