package card

// naver is the wing of Naver.
var naver = []Card{}
