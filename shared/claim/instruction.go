package claim

import (
	"strings"

	"castad/shared/pattern"
)

// instruction matches text that talks to a language model instead of about a
// shop. A shop's own text has no use for it; in a review it is an attempt to
// steer whoever writes the lyric.
var instruction = pattern.New(strings.Join([]string{
	`\b(?:ignore|disregard|override|bypass)\b.{0,24}\b(?:previous|prior|above|earlier|instructions?|rules?|prompts?|system|guidelines?|brief)\b`,
	`\bforget\b.{0,24}\b(?:previous|prior|above|earlier|instructions?|prompts?)\b`, // the rules and the worries may be forgotten in a song
	`\b(?:system|developer|hidden|initial) (?:prompt|message|instructions?)\b`, `\bprompt injection\b`, `\b(?:new|following|these|my) instructions?\b`, `\bjailbreak`, `\bdeveloper mode\b`,
	`\byou are (?:now )?(?:chatgpt|an? (?:ai|assistant|chatbot|bot|pirate|language model))\b`, `\bas an ai\b`, `\blanguage model\b`, `\bchatgpt\b`, `\bpretend (?:to be|you)\b`, `\b(?:behave|respond|reply|answer) as\b`, `\brole ?play\b`,
	`\b(?:reveal|print|repeat|output|show|leak)\b.{0,16}\b(?:prompt|instructions?)\b`, `\b(?:reveal|print|output|leak)\b.{0,16}\b(?:secret|password|key)\b`,
	`<\|[a-z_]+\|>`, `\[/?inst\]`, `#{2,} ?(?:instruction|system|user|assistant)`, `(?:^|[\s"'])(?:system|assistant|user|human) ?:`,
	`(?:이전|앞선|앞의|위의?|기존|지금까지)\S{0,3} ?\S{0,4} ?(?:지시|명령|지침|규칙|설정)`, `(?:모든|원래)\S{0,3} ?\S{0,4} ?(?:지시|명령|지침)`,
	`(?:지시|명령|지침)\S{0,4} ?(?:모두 |전부 |다 |싹 )?(?:무시|잊|따르지|어겨)`, `규칙\S{0,2} ?(?:모두 |전부 |다 )?무시`, `시스템 ?(?:프롬프트|메시지)`, `프롬프트`,
	`(?:너|넌|당신)\S{0,2} ?(?:이제|지금|앞으로)\S{0,2} \S+처럼 ?(?:말|행동|대답|답|굴)`, `(?:너|넌|당신)\S{0,2} ?(?:이제|지금)\S{0,2} ?\S{0,6} ?(?:인공지능|챗봇|ai)`,
	`인공지능(?:이|으로서|입니)`, `언어 ?모델`, `탈옥`, `(?:라고|대로) ?(?:출력|응답)(?:해|하)`, `출력(?:해|하)(?:라|세요|줘)`,
}, "|"))

// Instruction reports text that talks to a language model instead of about a shop.
func Instruction(s string) bool { return instruction.MatchString(fold(s)) }
