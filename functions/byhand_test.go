package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"castad/functions/ad"
	"castad/functions/sns"
	"castad/shared/config"
	"castad/shared/fault"
	"castad/shared/id"
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

// A video that is out and a reel that never was, about which the channels say nothing
// until the window is over: their owner looks and says so, the video counts as
// published, and a retry posts the reel, once.
func TestPostsThatWereLostAreSettledByWhatTheirOwnerSees(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	tube, gram := b.account("youtube"), b.account("instagram")
	other := b.published(b.post("another reel", "/posts", mustJSON(t, obj{"ad": b.filmed().ID, "channel": "instagram", "account": gram}), "201"))
	asked := b.instagram.Asked("publish")
	var a ad.Ad
	b.youtube.Next(providertest.Fault{Op: "upload", Kind: providertest.Drop})
	b.youtube.Next(providertest.Fault{Op: "probe", Kind: providertest.Status, Status: 503, Times: 1_000_000})
	b.instagram.Next(providertest.Fault{Op: "publish", Kind: providertest.DropBefore})
	b.do(http.MethodPost, "/ads", "order-1", ad.Wish{Place: b.place(1).ID, Channels: []ad.Channel{
		{Channel: "youtube", Account: tube}, {Channel: "instagram", Account: gram}}}, &a)
	for deadline := time.Now().Add(90 * time.Second); b.instagram.Asked("publish") == asked; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the reel is never published")
		}
	}
	b.instagram.Next(providertest.Fault{Op: "status", Kind: providertest.Status, Status: 503, Times: 1_000_000})
	lost := b.ended(a.ID)
	if lost.State != "failed" || lost.Fail == nil || lost.Fail.Code != fault.CodeAbandoned || len(lost.Posts) != 2 || lost.Posts[0].State != sns.Unknown || lost.Posts[1].State != sns.Unknown {
		t.Fatalf("the ad %s: %+v, %+v", lost.State, lost.Fail, lost.Posts)
	}
	b.youtube.Clear()
	b.instagram.Clear()
	b.seen(lost.Posts[0].ID, b.youtube.Videos()[0].ID)
	retry := fmt.Sprintf("/ads/%v/retry", a.ID)
	if got := b.send(http.MethodPost, retry, b.token, nil, nil); got.status != http.StatusConflict {
		t.Errorf("a retry while nobody knows: %d %s", got.status, got.body)
	}
	confirm := fmt.Sprintf("/posts/%v/confirm", lost.Posts[1].ID)
	for _, spelt := range []string{other.URL, other.URL + "?igsh=x", strings.Replace(other.URL, "/reel/", "/p/", 1)} {
		b.post("it is another post's address", confirm, mustJSON(t, obj{"published": true, "url": spelt}), "409 "+string(fault.CodeConflict))
	}
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
	if got := b.ended(a.ID); got.State != "succeeded" || len(b.instagram.Reels()) != 2 || len(b.youtube.Videos()) != 1 {
		t.Errorf("the ad %s with %d reels and %d videos: %+v", got.State, len(b.instagram.Reels()), len(b.youtube.Videos()), got.Steps)
	}
}

// seen confirms a lost post by the address under which its owner has found it.
func (b *bench) seen(post id.Post, video string) {
	b.t.Helper()
	path, url := fmt.Sprintf("/posts/%v/confirm", post), b.youtube.URL+"/watch?v="+video
	b.post("an address of nothing", path, `{"published":true,"url":"https://www.youtube.com/"}`, "400 "+string(fault.CodeBadValue))
	b.post("absent, at an address", path, mustJSON(b.t, obj{"published": false, "url": url}), "400 "+string(fault.CodeBadValue))
	for range 2 {
		p := b.post("it is there", path, mustJSON(b.t, obj{"published": true, "url": b.youtube.URL + "/shorts/" + video + "?feature=share"}), "200")
		if p.State != sns.Published || p.URL != url || p.ExternalID != video || p.ConfirmedAt == nil || p.Fail != nil {
			b.t.Errorf("confirmed: %+v", p)
		}
	}
	b.post("it is not there after all", path, `{"published":false}`, "409 "+string(fault.CodeNotUnknown))
	b.figures(sns.Post{ID: post})
}
