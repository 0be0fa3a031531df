package card

// houseControls are about how the house is kept.
var houseControls = []Control{
	{Name: "One machine of states", ASVS: "2.3.1, 2.3.3, 2.3.4",
		Is: `State changes in one place, under the run's lock, guarded by state and fence; a price is reserved before the call that costs; what is paid or seen is never repeated while its outcome is
unknown. What its owner has not approved is not posted; caps hold however many orders come at once, and what is reused is the account's own.`,
		Cards: []Card{
			{ID: "step-not-approved", Must: "begin nothing that waits for its owner's word",
				Package: "./shared/pipeline", Test: "TestAHeldStepWaitsForApprovalHoweverOftenItIsGiven",
				Mutant: Mutant{File: "shared/pipeline/moves.go", Old: "if s.Hold && m.run.ApprovedAt.IsZero() {", New: "if s.Hold && m.run.State == Cancelling {"}},
			{ID: "cap-of-starts", Must: "begin no more in a day than may be begun",
				Package: "./shared/pipeline", Test: "TestFiftyOrdersAtOnceStayWithinEveryCap",
				Mutant: Mutant{File: "shared/pipeline/ledger.go", Old: "s.Starts > s.CapStarts", New: "s.Starts > 50"}},
			{ID: "money-of-another-day", Must: "give what was reserved yesterday back to yesterday",
				Package: "./shared/pipeline", Test: "TestWhatIsGivenBackMayBeSpentAgainOnItsOwnDay",
				Mutant: Mutant{File: "shared/pipeline/ledger.go", Old: "if f.Name == FxReserve || f.Name == FxWaste {", New: "if f.Name != \"\" {"}},
		},
		Shown: []string{"paid-answer-lost-is-not-a-refusal", "paid-answer-late", "queue-message-delivered-twice", "queue-lock-lost-during-work", "database-commit-answer-lost"}},
	{Name: "Supply chain", ASVS: "15.1.2, 15.2.1",
		Is:   `Versions are pinned by go.sum and package-lock.json; make security runs govulncheck and gosec, and CI with it; staticcheck is part of make check.`,
		Left: `these are tools that must find nothing, not tests with a mutant. A bill of materials is what "go version -m handler" prints; no separate one is published.`},
	{Name: "Encrypted connections", ASVS: "12.1.1, 12.2.1, 12.3.1, 13.3.1",
		Is: `Outside a developer's machine MySQL is reached over TLS with a checked certificate, vendors by https only, Azure by managed identity.`,
		Cards: []Card{
			{ID: "database-any-certificate", Must: "refuse a connection string that trusts any certificate or none",
				Package: "./shared/store", Test: "TestAWrongDSNIsRefusedWithASentenceThatDoesNotRepeatIt",
				Mutant: Mutant{File: "shared/store/dsn.go", Old: "	if err := requireTLS(setting, stage, cfg); err != nil {", New: "	if err := requireTLS(setting, \"local\", cfg); err != nil {"}},
		},
		Left: `private endpoints, key-less storage and vault roles are infrastructure, which is not written yet.`},
}
