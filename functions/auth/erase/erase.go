// Package erase is DELETE /api/v1/auth/me: the user and everything of theirs goes away.
//
// Marks the user, ends all sessions, takes the browser's cookie away and cancels what is under way at once; the timer
// background-erase deletes the rest within a minute or two, longer while a call to a vendor
// is being settled; an instance knows of an ended access token within seconds, and the
// erasure is complete, and so said to be, when the last token has run out, 20 minutes
// later. It cannot be undone. The answer (202) says when and what stays. Writes users,
// refresh_tokens and ended_sessions. Again, while the access token is not known to have
// ended: the same answer.
package erase

import (
	"context"
	_ "embed"
	"time"

	"castad/functions/auth"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Users marks users.
type Users interface {
	Erase(ctx context.Context, who identity.Principal) (begun time.Time, err error)
}

// Runs cancels what is under way; done when nothing is.
type Runs interface {
	Quiet(ctx context.Context, tenant id.Tenant, limit int) (done bool, err error)
}

type request struct {
	Host  string `cookie:"__Host-castad_refresh" max:"64"`
	Plain string `cookie:"castad_refresh" max:"64"`
}

type answer struct {
	trigger.Reply
	// State is "erasing".
	State string    `json:"state"`
	Since time.Time `json:"since"`
	// CompleteAt is when nothing but Kept is left, at the soonest.
	CompleteAt time.Time `json:"complete_at"`
	Note       words     `json:"note"`
	// Kept is what is not deleted, and why.
	Kept []kept `json:"kept"`
}

type words struct {
	Ko string `json:"ko"`
	En string `json:"en"`
}

var note = words{"광고와 사진, 장소는 몇 분 안에 지워집니다. 이미 나간 접속 권한이 모두 끝나는 약 20분 뒤에 삭제가 끝납니다.",
	"Ads, photos and places are deleted within minutes. The erasure is complete after about 20 minutes, when the last access that was given out has ended."}

type kept struct {
	What string `json:"what"`
	Ko   string `json:"ko"`
	En   string `json:"en"`
}

var stays = []kept{
	{"ledger", "어떤 단계에 얼마가 들었는지의 회계 기록은 남습니다. 개인정보는 들어 있지 않습니다.", "What each step has cost is kept for accounting. It has nothing personal in it."},
	{"posts", "내 채널에 이미 게시된 영상은 채널에 남습니다. 채널에서 직접 지워 주세요.", "Films that were posted to your own channels stay there. Delete them there."},
	{"proof", "계정이 언제 삭제되었는지는 남습니다.", "That an account was erased, and when, is kept."},
}

// cancelAtOnce is more runs than one account may have under way.
const cancelAtOnce = 20

// New returns the function.
func New(users Users, runs Runs, site auth.Site) trigger.Function {
	return trigger.HTTP("auth-erase", binding, trigger.Budget{Time: 20 * time.Second, Connections: 1},
		func(ctx context.Context, who identity.Principal, in request) (answer, error) {
			begun, err := users.Erase(ctx, who)
			if err != nil {
				return answer{}, err
			}
			if _, err := runs.Quiet(ctx, who.Tenant, cancelAtOnce); err != nil { // the timer does it then, within a minute
				trigger.Note(ctx, "uncancelled", err.Error())
			}
			out := answer{Reply: trigger.Reply{Status: trigger.Accepted}, State: "erasing", Since: begun, CompleteAt: begun.Add(auth.Settled), Note: note, Kept: stays}
			if site.Bound(in.Host, in.Plain) != "" {
				out.Cookies = append(out.Cookies, trigger.Cookie(site.RefreshCookie(), "", "/", auth.Gone, site.Secure()))
			}
			return out, nil
		})
}
