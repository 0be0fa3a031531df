package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"castad/functions/ad"
	"castad/functions/sns"
	"castad/shared/config"
	"castad/shared/fault"
	"castad/shared/provider/providertest"
)

// Nobody approves: the sweep ends the wait, the film stays, and nothing is posted.
func TestAFilmThatNobodyApprovesIsKeptAndNotPosted(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(c *config.Config) { c.Approval = 500 * time.Millisecond })
	var a ad.Ad
	b.do(http.MethodPost, "/ads", "order-1", ad.Wish{Place: b.place(1).ID, Publish: "approve",
		Channels: []ad.Channel{{Channel: "youtube", Account: b.account("youtube")}}}, &a)
	got := b.ended(a.ID)
	if got.State != "cancelled" || got.Fail == nil || got.Fail.Code != fault.CodeApprovalExpired {
		t.Errorf("the ad %s: %+v", got.State, got.Fail)
	}
	if got.Video == nil || len(b.youtube.Videos()) != 0 {
		t.Errorf("the film is %+v, %d posts", got.Video, len(b.youtube.Videos()))
	}
	if late := b.send(http.MethodPost, fmt.Sprintf("/ads/%v/approve", a.ID), b.token, nil, nil); late.status != http.StatusConflict {
		t.Errorf("approved afterwards: %d %s", late.status, late.body)
	}
}

// A reel that was never published, and about which the channel says nothing until
// the window is over: its owner looks, says so, and a retry posts it once.
func TestAPostThatItsOwnerDoesNotFindIsPostedByARetry(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	account := b.account("instagram")
	other := b.published(b.post("another reel", "/posts", fmt.Sprintf(`{"ad":%q,"channel":"instagram","account":%q}`, b.filmed().ID, account), "201"))
	var a ad.Ad
	asked := b.instagram.Asked("publish")
	b.instagram.Next(providertest.Fault{Op: "publish", Kind: providertest.DropBefore})
	b.do(http.MethodPost, "/ads", "order-1", ad.Wish{Place: b.place(1).ID, Channels: []ad.Channel{{Channel: "instagram", Account: account}}}, &a)
	for deadline := time.Now().Add(90 * time.Second); b.instagram.Asked("publish") == asked; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the reel is never published")
		}
	}
	b.instagram.Next(providertest.Fault{Op: "status", Kind: providertest.Status, Status: 503, Times: 1_000_000})
	lost := b.ended(a.ID)
	if lost.State != "failed" || lost.Fail == nil || lost.Fail.Code != fault.CodeAbandoned || len(lost.Posts) != 1 {
		t.Fatalf("the ad %s: %+v, %+v", lost.State, lost.Fail, lost.Posts)
	}
	b.instagram.Clear()
	retry := fmt.Sprintf("/ads/%v/retry", a.ID)
	if got := b.send(http.MethodPost, retry, b.token, nil, nil); got.status != http.StatusConflict {
		t.Errorf("a retry while nobody knows: %d %s", got.status, got.body)
	}
	confirm := fmt.Sprintf("/posts/%v/confirm", lost.Posts[0].ID)
	b.post("it is another post's address", confirm, fmt.Sprintf(`{"published":true,"url":%q}`, other.URL), "409 "+string(fault.CodeConflict))
	for range 2 {
		var p sns.Post
		got := b.send(http.MethodPost, confirm, b.token, map[string]string{"Content-Type": "application/json"}, []byte(`{"published":false}`))
		if err := json.Unmarshal(got.body, &p); err != nil || got.status != http.StatusOK || p.Fail == nil || p.Fail.Code != fault.CodeConfirmedAbsent {
			t.Fatalf("confirm: %d %s", got.status, got.body)
		}
	}
	if got := b.send(http.MethodPost, retry, b.token, nil, nil); got.status != http.StatusOK {
		t.Fatalf("retry: %d %s", got.status, got.body)
	}
	if got := b.ended(a.ID); got.State != "succeeded" || len(b.instagram.Reels()) != 2 {
		t.Errorf("the ad %s with %d reels: %+v", got.State, len(b.instagram.Reels()), got.Steps)
	}
}
