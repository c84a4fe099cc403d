// Package ledger is the durable memory of the counter: an append-only, hash-chained journal in bbolt,
// and beside it the current payments, the notice and terminal locks, the outbox and the cases that
// follow from it. It decides nothing about money; it refuses what would contradict what it holds. It
// never drops, rewrites or reorders an entry, and answers only when a write is on the disk.
package ledger
