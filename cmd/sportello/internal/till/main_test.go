package till

import (
	"errors"
	"testing"

	"go.uber.org/goleak"

	"sportello/protocol/local"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// codeOf is the stable code of a refusal; empty for none.
func codeOf(t testing.TB, err error) local.Code {
	t.Helper()
	if err == nil {
		return ""
	}
	var e *local.Error
	if !errors.As(err, &e) {
		t.Errorf("an error without a code: %v", err)
		return ""
	}
	return e.Code
}

func wantCode(t testing.TB, err error, want local.Code) {
	t.Helper()
	if got := codeOf(t, err); got != want {
		t.Errorf("code %q (%v), want %q", got, err, want)
	}
}

// refusal is the refusal itself.
func refusal(t testing.TB, err error, want local.Code) *local.Error {
	t.Helper()
	wantCode(t, err, want)
	var e *local.Error
	if !errors.As(err, &e) {
		t.Fatalf("no refusal: %v", err)
	}
	return e
}
