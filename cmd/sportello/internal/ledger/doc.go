// Package ledger is the durable memory of the counter: an append-only, hash-chained journal in bbolt,
// and beside it the current payments, the notice and terminal locks, the outbox and the cases that
// follow from it. It decides nothing about money; it refuses what would contradict what it holds. It
// never drops, rewrites or reorders an entry, and answers only when a write is on the disk.
//
// # The file
//
// ledger.db has three buckets:
//
//	entries  sequence, big-endian -> SHA-256 hash, JSON body      the truth
//	blobs    sequence, big-endian -> salt, content                what may be erased: personal data, raw bytes
//	state    table/key -> value                                   follows from entries; rebuilt when missing
//
// An entry's hash is SHA-256(previous hash, sequence, body), from 32 zero bytes on. A body names its
// blob by SHA-256(salt, content). Bodies are format 1 (entry.go); a correction is another entry.
//
// An intent and an outcome write one entry, and its blob, in one commit of two flushes: eight pages
// with 100,000 payments in the file. What follows from it (apply.go) is kept in memory, where reads
// look first, and is folded into the state bucket with a later commit. So every index, the locks'
// too, is as durable as the entry it follows from, and costs the money path nothing.
//
// What people decide goes the same way (desk.go, cases.go): a proposal is an entry that names who and
// when; the second signature is the outcome, or the case's ending, in one commit with what follows from
// it. What they type stands in the erasable blob (note.go). Nobody signs what was not seen: the sequence
// of the newest evidence, or of the case, is asked for. A reversal (reversal.go) is durable before its
// frame, as an intent is.
//
// A submission to the platform is durable before its call, for all notices of a payment at once
// (submission.go). Offline periods (offline.go) are entries, and each charge in one is held against its limits
// in the commit of its intent.
//
// Beside it: ballast.bin, space that outcomes may have when the disk is full; ledger.db.lock, which
// keeps a second process out; verified.jsonl, what the platform last said of notices (verified.go), which
// is no part of the truth and may be lost; archive.db, the archive's index (archive_index.go), no part of it either. Who
// owed stands in the blobs and, as it is looked for, in that index: Erase takes the whole of it from the disk first.
//
// # When the power goes
//
//	step            on the disk if it goes here                  the next start
//	first boot      nothing, or ledger.db.new                    begins again (TestFirstBootLeavesNothingHalf)
//	any commit      all of it or nothing of it                   folds the entries that are not (TestKilled)
//	last flush      the entry, though nobody was told            has it; the till resolves what is unfinished
//	reversal sent   reversing, with its baseline                 lists it as unfinished, for "reverse" (TestReversal)
//	reversed        reversed, and not that it was told           holds the notices until it is confirmed (TestDoubtedReversal)
//	submitting      the call's number, of all its notices        does not repeat it before a look (TestSubmission)
//	offline         the period, and what counts in it            ends it by the earlier clock (TestOfflineClocks)
//	a proposal      the answer of one                            waits for the other (TestProposeAndCountersign)
//	a new version   entries, and a state of another form         folds all from the first (TestEveryKindIsRebuilt)
//	Erase           the old ledger, and ledger.db.compact        removes the copy; or the new ledger, whole; makes the index anew
//	Close           all, without a free list                     reads the whole tree once, and is slower
//	a torn page     what cannot be trusted                       refuses with ErrDamaged (TestTornFiles, TestEveryPageLost)
package ledger
