package web

import "plumbline/authority"

// routes are all addresses of the platform. The test of the authorization matrix fails for a route without a row.
var routes = []Route{
	{"GET /healthz", authority.SeeStatic, health},
	{"GET /lang/{lang}", authority.SeeStatic, chooseLang},
	{"GET /law", authority.SeeStatic, law},
	{"GET /law/{procedure}", authority.SeeStatic, lawPage},
	{"GET /signin", authority.SignIn, showSignIn},
	{"POST /signin", authority.SignIn, doSignIn},
	{"POST /signout", authority.ManageOwnSessions, signOut},
	{"GET /query", authority.QueryAsReporter, showQuery},
	{"POST /query", authority.QueryAsReporter, doQuery},
	{"POST /query/complain", authority.QueryAsReporter, doComplain},

	{"GET /{$}", authority.SeeWorkbench, workbench},
	{"GET /account", authority.SeeOwnAccount, account},
	{"POST /account/password", authority.SeeOwnAccount, changePassword},
	{"POST /account/sessions/{token}/end", authority.ManageOwnSessions, endSession},
	{"POST /account/others/end", authority.ManageOwnSessions, endOthers},

	{"GET /intake", authority.OpenCase, intake},
	{"POST /intake", authority.OpenCase, doIntake},
	{"POST /intake/draft", authority.OpenCase, saveDraft},
	{"POST /intake/drop", authority.OpenCase, dropDraft},

	{"GET /live", authority.SeeWorkbench, liveList},
	{"GET /cases", authority.ListCases, caseList},
	{"GET /cases/{id}", authority.SeeCase, casePage},
	{"GET /cases/{id}/live", authority.SeeCase, liveCase},
	{"GET /cases/{id}/acts/{n}", authority.SeeAct, actPage},
	{"GET /cases/{id}/do/{act}", authority.RecordAct, actForm},
	{"POST /cases/{id}/do/{act}", authority.RecordAct, doAct},
	{"POST /cases/{id}/do/{act}/draft", authority.Draft, saveDraft},
	{"POST /cases/{id}/do/{act}/drop", authority.Draft, dropDraft},
	{"GET /cases/{id}/documents/{n}/{kind}", authority.SeeDocument, documentPage},
	{"GET /cases/{id}/documents/{n}/{kind}/pdf", authority.SeeDocument, documentPDF},
	{"GET /cases/{id}/files/{digest}", authority.SeeAttachment, attachment},
	{"GET /cases/{id}/looks", authority.SeeViews, looks},
	{"GET /cases/{id}/round", authority.SeeCase, round},
	{"GET /cases/{id}/measure", authority.SeeCase, measurePage},

	{"GET /limits", authority.ListCases, limitsPage},
	{"GET /findings", authority.ListCases, findingList},
	{"GET /findings/{id}", authority.SeeCase, findingPage},
	{"GET /figures", authority.ListCases, figures},
	{"GET /coverage", authority.ListCases, coverage},
	{"GET /feeds", authority.SeeFeeds, feeds},
	{"GET /officers/{person}", authority.SeePeople, officer},
	{"GET /matters", authority.ListCases, matterList},
	{"GET /matters/import", authority.OpenCase, showImport},
	{"POST /matters/import", authority.OpenCase, doImport},

	{"GET /cases/{id}/ask", authority.AskQuestion, askForm},
	{"POST /cases/{id}/ask", authority.AskQuestion, doAsk},
	{"GET /intake/ask", authority.AskQuestion, askForm},
	{"POST /intake/ask", authority.AskQuestion, doAsk},
	{"GET /questions", authority.ListQuestions, questionList},
	{"GET /questions/{n}", authority.SeeQuestion, questionPage},
	{"POST /questions/{n}/answer", authority.AnswerQuestion, doAnswer},

	{"GET /people", authority.SeePeople, people},
	{"POST /people", authority.ChangePeople, changePeople},
}
