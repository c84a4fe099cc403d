package ecr17

import (
	"strconv"
	"strings"
)

func isDigit(b byte) bool { return b-'0' <= 9 }

func isPrintable(b byte) bool { return b >= ' ' && b <= '~' }

func isLetter(b byte) bool { return (b|0x20)-'a' <= 'z'-'a' }

func allDigits(s string) bool { return classOf(s)&digitByte != 0 }

func countDigits(s string) int {
	n := 0
	for i := range len(s) {
		if isDigit(s[i]) {
			n++
		}
	}
	return n
}

func hasLetter(s string) bool {
	for i := range len(s) {
		if isLetter(s[i]) {
			return true
		}
	}
	return false
}

func allPrintable(s string) bool { return classOf(s)&printByte != 0 }

func blank(s string) bool { return classOf(s)&blankByte != 0 }

func zeros(s string) bool { return classOf(s)&zeroByte != 0 }

// printable replaces every unprintable byte by a question mark.
func printable(s string) string {
	if allPrintable(s) {
		return s
	}
	b := []byte(s)
	for i := range b {
		if !isPrintable(b[i]) {
			b[i] = '?'
		}
	}
	return string(b)
}

// cleanText makes bytes from the line fit for a screen.
func cleanText(p []byte) string { return strings.TrimSpace(printable(string(p))) }

func lengthText(n int) string { return strconv.Itoa(n) + " bytes" }

func numberText(n int64) string { return strconv.FormatInt(n, 10) }
