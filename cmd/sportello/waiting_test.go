package main

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"sportello/cmd/sportello/internal/settle"
	"sportello/cmd/sportello/internal/till"
)

// TestQueueSaysAllTheWorkerKnows: every figure of the worker that the till has a place for gets there; a field that
// one of the two gains is passed on or named here.
func TestQueueSaysAllTheWorkerKnows(t *testing.T) {
	called := map[string]string{"Waiting": "Depth"}
	apart := []string{"Poisoned"} // each item says so itself
	shown := reflect.TypeFor[till.QueueStatus]()
	known := reflect.TypeFor[settle.Status]()
	for i := range known.NumField() {
		name := known.Field(i).Name
		if as := called[name]; as != "" {
			name = as
		}
		if _, ok := shown.FieldByName(name); !ok && !slices.Contains(apart, name) {
			t.Errorf("the queue does not show %s", name)
		}
	}
	var s settle.Status
	fillFields(reflect.ValueOf(&s).Elem())
	v := reflect.ValueOf(queueStatus(s))
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			t.Errorf("%s is not passed on", v.Type().Field(i).Name)
		}
	}
}

// fillFields gives every field a value.
func fillFields(v reflect.Value) {
	for i := range v.NumField() {
		switch f := v.Field(i); {
		case f.Kind() == reflect.Bool:
			f.SetBool(true)
		case f.CanInt():
			f.SetInt(7)
		case f.CanUint():
			f.SetUint(7)
		case f.Kind() == reflect.String:
			f.SetString("x")
		default:
			f.Set(reflect.ValueOf(time.Unix(7, 0)))
		}
	}
}
