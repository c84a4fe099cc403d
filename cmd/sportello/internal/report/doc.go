// Package report adds up what the ledger holds of a day, for the people who answer for the money: the day report
// by clerk, terminal and creditor, as JSON, as a sheet with the chain's head on it, and as CSV for the accounts.
//
// It only reads. It never rounds, estimates or leaves out what does not fit: what terminals charged beside the
// notices' amounts stands in a figure of its own.
package report
