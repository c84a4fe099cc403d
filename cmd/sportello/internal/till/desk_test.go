package till

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/local"
)

var (
	second = local.Operator{ID: "dora", Name: "Dora", Role: local.RoleSupervisor}
	other2 = local.Operator{ID: "elio", Name: "Elio", Role: local.RoleClerk}
)

// unknown pays a notice whose outcome goes to people, with what the terminal remembers as evidence.
func (w *world) unknown(id string, n int, preset driver.Verdict) local.Payment {
	w.t.Helper()
	d := w.terminals[0]
	var raw []byte
	d.script(func(d *terminal) {
		d.word = func(context.Context, driver.Payment) driver.Outcome { return lost("") }
		d.resolve = func(_ context.Context, _ driver.Attempt, r driver.Recorder) error {
			if raw == nil {
				_, raw = d.saves("000000")
			}
			o := people
			o.Preset = preset
			o.Evidence = []driver.Evidence{{Kind: "last_result", Text: "a result that does not decide", Raw: raw}}
			return r.Outcome(o)
		}
	})
	p, err := w.pay(request(id, "cassa1", notice(n)))
	if err != nil {
		w.t.Fatal(err)
	}
	w.wantState(p.ID, ledger.Unknown)
	return w.shown(p.ID)
}

func (w *world) resolve(op local.Operator, p local.Payment, a local.Answer) (local.Payment, error) {
	req := local.ResolutionRequest{RequestID: "x", EvidenceSeq: p.EvidenceSeq, Answer: a, Note: "sullo scontrino"}
	if a == local.AnswerCharged {
		req.STAN, req.AuthCode = "000123", "a12345"
		for _, e := range p.Evidence {
			if e.Charge != nil {
				req.STAN = e.Charge.STAN
			}
		}
	}
	return w.till.Resolve(context.Background(), op, p.ID, req)
}

func (w *world) countersign(op local.Operator, p local.Payment, accept bool) (local.Payment, error) {
	return w.till.Countersign(context.Background(), op, p.ID, local.CountersignRequest{RequestID: "y", EvidenceSeq: p.EvidenceSeq, Accept: accept})
}

// TestTwoPeople: a clerk proposes, a supervisor who is somebody else signs, and the payment, its notice and
// its terminal go on.
func TestTwoPeople(t *testing.T) {
	for answer, want := range map[local.Answer]ledger.State{local.AnswerCharged: ledger.Charged, local.AnswerNotCharged: ledger.NotCharged} {
		bubble(t, func(t *testing.T, w *world) {
			p := w.unknown("r1", 1, "")
			if len(p.Evidence) == 0 || !slices.ContainsFunc(p.Evidence, func(e local.Evidence) bool {
				return e.Kind == "last_result" && e.Text == local.EvidenceLabel("last_result", local.Italian) && e.Detail == "a result that does not decide" &&
					e.Charge != nil && e.Charge.STAN == "000001" && e.Charge.AmountCents == price && e.Charge.AuthCode == "A12345"
			}) {
				t.Errorf("%+v", p.Evidence)
			}
			v, err := w.resolve(clerk, p, answer)
			if err != nil || v.State != local.StateUnknown || v.Proposal == nil || v.Proposal.By != clerk.ID || v.Proposal.Answer != answer {
				t.Fatalf("%+v %v", v.Proposal, err)
			}
			if e := w.hub.payments(p.ID); e[len(e)-1].Proposal == nil {
				t.Error("the screens do not show the proposal")
			}
			_, err = w.countersign(other2, v, true)
			wantCode(t, err, local.CodeForbiddenRole)
			if v, err = w.countersign(chief, v, true); err != nil || v.State != local.State(want) || !slices.Equal(v.ResolvedBy, []string{clerk.ID, chief.ID}) {
				t.Fatalf("%+v %v", v, err)
			}
			got := w.wantState(p.ID, want)
			if want == ledger.Charged && (got.Charge == nil || got.Charge.STAN != "000001" || got.Charge.AuthCode != "A12345") {
				t.Errorf("%+v", got.Charge)
			}
			// What they had before them is known now: nobody has to adopt it.
			if v := w.terminal("cassa1"); v.Locked || v.NeedsAdopt || v.Light != local.LightReady {
				t.Errorf("%+v", v)
			}
			if v := w.hub.shown("cassa1"); v.Locked {
				t.Error("the screens show the terminal locked")
			}
			w.terminals[0].script(func(d *terminal) { d.word = nil })
			if _, err := w.act(clerk, "status"); err != nil || w.terminal("cassa1").NeedsAdopt {
				t.Errorf("%v", err)
			}
			w.wantIdle()
		}, exclusively)
	}
}

// TestSamePerson: nobody signs twice; turning down is for supervisors and for who proposed.
func TestSamePerson(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.unknown("r1", 1, "")
		v, err := w.resolve(chief, p, local.AnswerNotCharged)
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.countersign(chief, v, true)
		wantCode(t, err, local.CodeSamePerson)
		_, err = w.countersign(clerk, v, false)
		wantCode(t, err, local.CodeForbiddenRole)
		if v, err = w.countersign(second, v, false); err != nil || v.Proposal != nil || v.State != local.StateUnknown {
			t.Fatalf("%+v %v", v, err)
		}
		_, err = w.countersign(second, v, true)
		wantCode(t, err, local.CodeNoProposal)
		if v, err = w.resolve(clerk, w.shown(p.ID), local.AnswerNotCharged); err != nil {
			t.Fatal(err)
		}
		if v, err = w.countersign(clerk, v, false); err != nil || v.Proposal != nil { // takes it back
			t.Errorf("%+v %v", v, err)
		}
		w.wantState(p.ID, ledger.Unknown)
	})
}

// TestOnePerson: where the terminal's evidence speaks for charged, one answer ends it; and parking it changes nothing.
func TestOnePerson(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.unknown("r1", 1, driver.Charged)
		v, err := w.resolve(clerk, p, local.AnswerUnknown)
		if err != nil || v.State != local.StateUnknown || v.Reason.Code != string(local.CodeResolutionParked) {
			t.Fatalf("%+v %v", v, err)
		}
		_, err = w.resolve(clerk, p, local.AnswerCharged) // seen before it was parked
		wantCode(t, err, local.CodeStateChanged)
		if v, err = w.resolve(clerk, w.shown(p.ID), local.AnswerCharged); err != nil || v.State != local.StateCharged || v.Proposal != nil {
			t.Fatalf("%+v %v", v, err)
		}
		w.wantState(p.ID, ledger.Charged)
		w.wantIdle()
	})
}

// TestResolutionRefused: what is no answer, and who may not give one.
func TestResolutionRefused(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.unknown("r1", 1, "")
		ask := func(op local.Operator, change func(*local.ResolutionRequest)) error {
			req := local.ResolutionRequest{RequestID: "x", EvidenceSeq: p.EvidenceSeq, Answer: local.AnswerCharged}
			change(&req)
			_, err := w.till.Resolve(context.Background(), op, p.ID, req)
			return err
		}
		rows := []func(*local.ResolutionRequest){
			func(r *local.ResolutionRequest) { r.Answer = "maybe" },
			func(r *local.ResolutionRequest) { r.Answer = local.AnswerReversed },
			func(r *local.ResolutionRequest) { r.STAN = "12345" },
			func(r *local.ResolutionRequest) { r.STAN = "000000" },
			func(r *local.ResolutionRequest) { r.STAN = "12345x" },
			func(r *local.ResolutionRequest) { r.AuthCode = strings.Repeat("A", maxAuth+1) },
			func(r *local.ResolutionRequest) { r.Note = strings.Repeat("x", maxNote+1) },
			func(r *local.ResolutionRequest) { r.Answer, r.STAN = local.AnswerNotCharged, "000123" },
		}
		for i, change := range rows {
			if err := ask(clerk, change); codeOf(t, err) != local.CodeBadRequest {
				t.Errorf("row %d: %v", i, err)
			}
		}
		wantCode(t, ask(clerk, func(r *local.ResolutionRequest) { r.Note = "carta 4111 1111-1111 1111 del cliente" }), local.CodeCardNumber)
		wantCode(t, ask(local.Operator{Role: local.RoleSupervisor}, func(*local.ResolutionRequest) {}), local.CodeOperatorNeeded)
		wantCode(t, ask(clerk, func(r *local.ResolutionRequest) { r.EvidenceSeq-- }), local.CodeStateChanged)
		if got := w.payment(p.ID); got.Proposal != nil {
			t.Errorf("%+v", got.Proposal)
		}
		if err := ask(clerk, func(r *local.ResolutionRequest) { r.Note = "avviso 301000000000000143" }); err != nil {
			t.Errorf("a notice number is no card: %v", err)
		}
		_, err := w.till.Resolve(context.Background(), clerk, "A1-99999999", local.ResolutionRequest{RequestID: "x", Answer: local.AnswerCharged})
		wantCode(t, err, local.CodeNotFound)
	})
}

// TestPeopleCutTheAskingShort: while evidence is gathered only a supervisor answers, and a conclusion ends
// the gathering.
func TestPeopleCutTheAskingShort(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.terminals[0].script(func(d *terminal) {
			d.word = func(context.Context, driver.Payment) driver.Outcome { return lost("") }
		})
		p, err := w.pay(request("r1", "cassa1", notice(1)))
		if err != nil {
			t.Fatal(err)
		}
		w.wantState(p.ID, ledger.Unknown)
		seen := w.shown(p.ID)
		_, err = w.resolve(clerk, seen, local.AnswerNotCharged)
		wantCode(t, err, local.CodeForbiddenRole)
		v, err := w.resolve(chief, seen, local.AnswerNotCharged)
		if err != nil {
			t.Fatal(err)
		}
		if v, err = w.countersign(second, v, true); err != nil || v.State != local.StateNotCharged {
			t.Fatalf("%+v %v", v, err)
		}
		w.wantState(p.ID, ledger.NotCharged)
		if v := w.terminal("cassa1"); v.Locked || v.Light != local.LightReady {
			t.Errorf("%+v", v)
		}
		w.wantIdle()
	})
}

// TestLateWord: the terminal speaks when people have decided already (ECR17 G21): the alarm is a case, and
// both are on record.
func TestLateWord(t *testing.T) {
	rows := []struct {
		answer local.Answer
		word   func(*terminal) driver.Outcome
		want   ledger.State
		cause  local.Code
	}{
		{local.AnswerNotCharged, func(d *terminal) driver.Outcome { return d.approve(driver.Payment{AmountCents: price}) }, ledger.Charged, local.CodeLateCharge},
		{local.AnswerCharged, func(d *terminal) driver.Outcome { return d.decline(driver.Payment{}) }, ledger.Charged, local.CodeChargeContradicted},
	}
	for _, row := range rows {
		bubble(t, func(t *testing.T, w *world) {
			w.terminals[0].script(func(d *terminal) {
				d.word = func(context.Context, driver.Payment) driver.Outcome { return lost("") }
				d.resolve = func(ctx context.Context, _ driver.Attempt, r driver.Recorder) error {
					<-ctx.Done() // it comes as the gathering is called off
					if err := r.Outcome(row.word(d)); err != nil {
						w.steps.add("not taken")
					}
					return ctx.Err()
				}
			})
			p, err := w.pay(request("r1", "cassa1", notice(1)))
			if err != nil {
				t.Fatal(err)
			}
			w.wantState(p.ID, ledger.Unknown)
			v, err := w.resolve(chief, w.shown(p.ID), row.answer)
			if err == nil {
				_, err = w.countersign(second, v, true)
			}
			if err != nil {
				t.Fatal(err)
			}
			got := w.wantState(p.ID, row.want)
			c, err := w.till.Cases(context.Background(), false)
			if err != nil || !slices.ContainsFunc(c, func(c local.Case) bool { return c.PaymentID == p.ID && c.Cause.Code == string(row.cause) }) {
				t.Errorf("%s: %+v %v", row.cause, c, err)
			}
			if ev, err := w.ledger.Evidence(got.ID); err != nil || !slices.ContainsFunc(ev, func(e driver.Evidence) bool { return e.Kind == "result" && len(e.Raw) > 0 }) {
				t.Errorf("%+v %v", ev, err)
			}
			w.wantIdle()
		})
	}
}

// TestReversalByPeople: reversed, or the charge stands; nothing else, and always two.
func TestReversalByPeople(t *testing.T) {
	for answer, want := range map[local.Answer]ledger.State{local.AnswerReversed: ledger.Reversed, local.AnswerNotReversed: ledger.Charged} {
		bubble(t, func(t *testing.T, w *world) {
			p := w.charged("r1", 1)
			w.terminals[0].script(func(d *terminal) {
				d.ops.undo = func(context.Context) driver.Outcome { return lost("") }
				d.ops.resolveReversal = func(_ context.Context, r driver.Recorder) error { return r.Outcome(people) }
			})
			if _, err := w.reverse(chief, p.ID); err != nil {
				t.Fatal(err)
			}
			w.wantState(p.ID, ledger.Reversing)
			seen := w.shown(p.ID)
			for _, a := range []local.Answer{local.AnswerCharged, local.AnswerNotCharged} {
				_, err := w.till.Resolve(context.Background(), clerk, p.ID, local.ResolutionRequest{RequestID: "x", EvidenceSeq: seen.EvidenceSeq, Answer: a})
				wantCode(t, err, local.CodeBadRequest)
			}
			v, err := w.resolve(clerk, seen, answer)
			if err != nil || v.State != local.StateReversing || v.Proposal == nil || v.Proposal.Answer != answer {
				t.Fatalf("%+v %v", v, err)
			}
			if _, err = w.countersign(chief, v, true); err != nil {
				t.Fatal(err)
			}
			w.wantState(p.ID, want)
			if v := w.terminal("cassa1"); v.Locked {
				t.Errorf("%+v", v)
			}
			w.wantIdle()
		}, reversible)
	}
}

// TestEndCase: a refund needs two people and its proof; what only informs needs one supervisor.
func TestEndCase(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.charged("r1", 1)
		_, err := w.reverse(chief, p.ID) // not reversible: the refund case
		wantCode(t, err, local.CodeNotReversible)
		open := func() local.Case {
			c, err := w.till.Cases(context.Background(), false)
			if err != nil || len(c) != 1 {
				t.Fatalf("%+v %v", c, err)
			}
			return c[0]
		}
		c := open()
		end := func(op local.Operator, seq uint64, ending, proof string) (local.Case, error) {
			return w.till.EndCase(context.Background(), op, c.ID, local.EndingRequest{RequestID: "x", Seq: seq, Ending: ending, Proof: proof})
		}
		_, err = end(chief, c.Seq, "gone", "protocollo 12")
		wantCode(t, err, local.CodeBadRequest)
		_, err = end(chief, c.Seq, local.EndingRefunded, " ")
		wantCode(t, err, local.CodeBadRequest)
		_, err = end(chief, c.Seq, local.EndingRefunded, "carta 4111111111111111")
		wantCode(t, err, local.CodeCardNumber)
		v, err := end(clerk, c.Seq, local.EndingRefunded, "bonifico 12")
		if err != nil || v.Ended != nil || v.Proposal == nil || v.Proposal.Ending != local.EndingRefunded {
			t.Fatalf("%+v %v", v, err)
		}
		sign := func(op local.Operator) (local.Case, error) {
			return w.till.CountersignCase(context.Background(), op, c.ID, local.CountersignRequest{RequestID: "y", EvidenceSeq: v.Seq, Accept: true})
		}
		_, err = sign(other2)
		wantCode(t, err, local.CodeForbiddenRole)
		if v, err = sign(chief); err != nil || v.Ended == nil || v.Proof != "bonifico 12" || !slices.Equal(v.EndedBy, []string{clerk.ID, chief.ID}) {
			t.Fatalf("%+v %v", v, err)
		}
		synctest.Wait()
		if got := w.payment(p.ID); got.Notices[0].Registration != ledger.RegClosed {
			t.Errorf("%s", got.Notices[0].Registration)
		}
		if e := w.hub.payments(p.ID); e[len(e)-1].Notices[0].Registration != local.RegistrationClosed {
			t.Error("the screens do not show it closed")
		}
		if all, err := w.till.Cases(context.Background(), true); err != nil || len(all) != 1 || all[0].Ending != local.EndingRefunded {
			t.Errorf("%+v %v", all, err)
		}
		if err := w.ledger.Demote("cassa1", "others"); err != nil {
			t.Fatal(err)
		}
		c = open()
		_, err = end(clerk, c.Seq, local.EndingClosed, "visto")
		wantCode(t, err, local.CodeForbiddenRole)
		if v, err := end(chief, c.Seq, local.EndingClosed, "visto"); err != nil || v.Ended == nil {
			t.Errorf("%+v %v", v, err)
		}
	})
}
