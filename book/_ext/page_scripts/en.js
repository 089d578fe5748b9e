// Everything that these scripts say, in English. A sentence is whole: nothing is glued together.

export const EN = {
  // the end of a page
  yourProgress: "Your progress",
  markRead: "Mark this page as read",
  markUnread: "Mark this page as not read",
  readOn: "You marked this page as read on {day}.",
  notRead: "Have you read this page?",
  nowRead: "This page is marked as read.",
  nowUnread: "This page is no longer marked as read.",
  quizDone: "All questions are answered right: this page is marked as read.",
  questionsRight: "Questions: {right} of {all} answered right.",
  allPages: "All pages, and what you have done",
  // the sidebar
  read: "read",
  // the progress page
  readOnDay: "✓ read, {day}",
  notYet: "not yet",
  rightOf: "{right} of {all}",
  noQuestions: "none",
  sums: "You have read {read} of {pages} pages and answered {right} of {all} questions right.",
  notKept:
    "This browser lets the page keep nothing. What you mark is forgotten when you leave the page.",
  save: "Save to a file",
  saved: "{name} is saved among your downloads.",
  load: "Add from a file",
  loadHint: "A file that was saved here. What you have already done stays.",
  loaded: "{name} is added: {read} pages read, {answers} questions answered in it.",
  notJson: "{name} is not a progress file: it is not JSON. Nothing has changed.",
  notProgress:
    "{name} is not a progress file of this workbook: its “format” is missing or different. Nothing has changed.",
  otherVersion: "{name} has version {found}, and this page reads version 1. Nothing has changed.",
  damaged: "{name} is damaged at “{place}”. Nothing has changed.",
  tooLarge: "{name} is too large for a progress file. Nothing has changed.",
  cannotRead: "{name} could not be read. Nothing has changed.",
  remove: "Delete all",
  removeSure: "Delete what this browser has kept of your progress? It cannot be brought back.",
  removeYes: "Yes, delete it",
  removeNo: "No, keep it",
  removed: "Your progress is deleted.",
  arrows: "The arrow keys ← and → turn pages",
};
