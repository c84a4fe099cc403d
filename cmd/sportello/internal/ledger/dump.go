package ledger

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"

	bolt "go.etcd.io/bbolt"
)

// dumpLine is one line of a dump.
type dumpLine struct {
	Hash  string          `json:"hash"`
	Entry json.RawMessage `json:"entry"`
}

// Dump writes one JSON line an entry, without blobs: the hash and the body as it was hashed.
// Payments go on meanwhile.
func (l *Ledger) Dump(w io.Writer) error {
	next := uint64(1)
	for {
		var lines bytes.Buffer
		count := 0
		err := l.snapshot(func(tx *bolt.Tx, _ *view) error {
			enc := json.NewEncoder(&lines)
			enc.SetEscapeHTML(false)
			c := tx.Bucket(bucketEntries).Cursor()
			for key, value := c.Seek(seqKey(next)); key != nil && count < chunk; key, value = c.Next() {
				if len(key) != 8 || len(value) <= hashSize {
					return &DamagedError{Path: l.path, What: fmt.Sprintf("entry %x has %d bytes", key, len(value))}
				}
				line := dumpLine{Hash: hex.EncodeToString(value[:hashSize]), Entry: value[hashSize:]}
				if err := enc.Encode(line); err != nil {
					return &DamagedError{Path: l.path, What: fmt.Sprintf("entry %x: %v", key, err)}
				}
				next = binary.BigEndian.Uint64(key) + 1
				count++
			}
			return nil
		})
		if err != nil {
			return err
		}
		if _, err := lines.WriteTo(w); err != nil {
			return fmt.Errorf("write dump: %w", err)
		}
		if count < chunk {
			return nil
		}
	}
}
