package card

// kakao is the wing of Kakao.
var kakao = []Card{}
