package main

import "testing"

// The service's last word about the platform is a fault only while nothing that was tried now speaks against it.
func TestTheServicesWordIsWeighed(t *testing.T) {
	for name, c := range map[string]struct {
		probes []examined
		want   grade
	}{
		"nothing was tried":   {nil, gradeBroken},
		"all succeeded":       {[]examined{{State: gradeWell}, {State: gradeDoubt}}, gradeDoubt},
		"one of them did not": {[]examined{{State: gradeWell}, {State: gradeBroken}}, gradeBroken},
	} {
		d := doctor{print: func(examined) {}, word: &examined{Check: "service", State: gradeBroken, Remedy: "x"}}
		d.weigh(c.probes)
		d.weigh(nil) // said once
		if len(d.result.Checks) != 1 || d.result.Checks[0].State != c.want || d.result.State != c.want {
			t.Errorf("%s: %+v", name, d.result)
		}
	}
}
