package pagopa

import "strings"

// wedgeKeys are the keys whose characters differ between the US and the Italian
// keyboard: what a US keyboard types, and what an Italian one types with the same
// key. Digits and letters are the same on both. From the us and it layouts of
// xkb-data.
var wedgeKeys = []struct{ us, it rune }{
	{'`', '\\'}, {'~', '|'}, {'@', '"'}, {'#', '£'}, {'^', '&'}, {'&', '/'}, {'*', '('},
	{'(', ')'}, {')', '='}, {'-', '\''}, {'_', '?'}, {'=', 'ì'}, {'+', '^'}, {'[', 'è'},
	{'{', 'é'}, {']', '+'}, {'}', '*'}, {';', 'ò'}, {':', 'ç'}, {'\'', 'à'}, {'"', '°'},
	{'\\', 'ù'}, {'|', '§'}, {'<', ';'}, {'>', ':'}, {'/', '-'}, {'?', '_'},
}

// usToIT is what arrives when a scanner set to the US keyboard types into an Italian
// PC; itToUS is the reverse, and so also the cure of the first.
var usToIT, itToUS = func() (a, b map[rune]rune) {
	a, b = map[rune]rune{}, map[rune]rune{}
	for _, k := range wedgeKeys {
		a[k.us], b[k.it] = k.it, k.us
	}
	return a, b
}()

func mapRunes(s string, table map[rune]rune) string {
	return strings.Map(func(r rune) rune {
		if to, ok := table[r]; ok {
			return to
		}
		return r
	}, s)
}

// swapCase undoes Caps Lock, which inverts a scanner's letters, the Italian
// keyboard's accented ones included.
func swapCase(s string) string {
	const lower, upper = "àèéìòùç", "ÀÈÉÌÒÙÇ"
	up, down := []rune(upper), []rune(lower)
	pairs := map[rune]rune{}
	for i := range up {
		pairs[up[i]], pairs[down[i]] = down[i], up[i]
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		}
		if to, ok := pairs[r]; ok {
			return to
		}
		return r
	}, s)
}
