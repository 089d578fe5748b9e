// Everything that live figures say, in English. A sentence is whole: nothing is glued together.

export const EN = {
  start: "Start this figure",
  startCosts: "It loads about {size} MB from this site, once, and then runs on your device.",
  loading: "Loading the model …",
  retry: "Try again",
  cannotLoad: "The model could not be loaded ({why}). The page works on without it.",
  failed: "This could not be computed ({why}). Try another sentence.",
  sentence: "Sentence",
  coverHint: "Press a word to cover it; press it again to uncover it.",
  wordCovered: "{word}, covered",
  tooLong: "The model has {positions} positions: the text is cut after {kept} tokens.",
  asTable: "The same as a table",
  doesNotShow: "What this does not show",
  model: "Model: {name}",
  modelSizes: "{layers} layers, {heads} heads each",
  ownModel: "Show your own model",
  ownModelHint:
    "Choose a file that “fmlab export” wrote, or drop it on this figure. It stays on your device.",
  ownModelShown: "This figure now shows {name}, from your file.",
  backToFirst: "Back to {name}",
  notAModel:
    "This file is not a model of “fmlab export” (a zip that holds live.json). Nothing has changed.",
  otherFormat:
    "This file has format {found}, and the page reads format 1. Export it with this version of fmlab.",
  partMissing: "This file has no {part}: it was cut short or changed. Export it again.",
  partDamaged: "{part} in this file is damaged. Export it again.",
  cannotRun:
    "The model in this file cannot run here ({why}). Export it again with this version of fmlab.",
  cannotRead: "The file could not be read ({why}).",
  // fill-mask
  nothingCovered:
    "No word is covered. Press a word in the row above, or write [MASK] into the sentence.",
  filled: "For covered place {n} the model's first guess is “{token}”, {share}; then {others}.",
  candidate: "guess",
  probability: "probability",
  place: "place",
  fillTable: "The model's guesses for each covered place",
  blank: "Covered place {n}",
  entropy: "The guesses together are as spread as {choices} equally likely ones.",
  fillLimits:
    "Not what the model believes: a probable word is one that fits text like its training text, true or not. Several covered words are each filled alone, as if the others stayed covered.",
  // lens
  lensWhere: "Where to look",
  lensCovered: "at the covered words, all guesses",
  lensEverywhere: "at every token, the first guess",
  layer: "layer",
  embeddings: "embeddings",
  layerRow: "layer {layer}",
  guess: "guess {n}",
  askedWord: "“{token}”",
  spread: "spread",
  bits: "{bits} bits",
  equally: "≈ {choices} words",
  entropyColumn: "entropy in bits",
  token: "token",
  lensCaption: "Covered place {n}: what each layer would put there",
  lensHint:
    "The stronger the colour, the more probable. Framed: the last layer's first guess. The spread is the entropy; with 5 bits the guesses are as spread as 32 equally likely words, with each bit more as twice as many.",
  lensTable: "What each layer would put at each covered place",
  lensFrom:
    "At covered place {n} the model ends with “{token}”, {share}. It is the first guess from the row “{row}” on.",
  lensLast:
    "At covered place {n} the model ends with “{token}”, {share}. It is the first guess in the last row only.",
  lensLost:
    "At covered place {n} the model ends with “{token}”, {share}. It is the first guess in the row “{first}”, loses its lead, and has it again from the row “{row}” on.",
  lensGrid: "The first guess of each layer at every token",
  lensGridHint:
    "The stronger the colour, the more probable. Framed: the last layer's first guess, from where it stays. The model sees the words that are not covered, so there it mostly repeats them; cover a word to see it guess.",
  lensAllTold: "Of {all} tokens, this many have the last layer's answer already, and keep it.",
  lensSettled: "Column “{row}”: {n}.",
  lensLimits:
    "Not what a layer knows or thinks. Only the last layer's output was trained to be read in this way. Read earlier, it is a rough translation: a layer may hold the answer in a form that this cannot read, and later layers need not use what it can read. The idea is the logit lens (nostalgebraist 2020); Belrose and others show in 2023 where it misleads, and train a translation for each layer (arXiv:2303.08112).",
  // two sentences, two moments
  sentenceA: "Sentence A",
  sentenceB: "Sentence B",
  compareWhat: "Compare",
  compareSentences: "two sentences",
  compareMoments: "two moments of the training",
  layerChoice: "Layer",
  headChoice: "Head",
  nothingCoveredA: "No word of sentence A is covered. Press one of its words to cover it.",
  nothingCoveredB: "No word of sentence B is covered. Press one of its words to cover it.",
  firstPlaceOnly: "Several words are covered; the guesses are those for the first of them.",
  bothFirst: "The first guess is “{a}” in both: {aInA} in sentence A, {aInB} in sentence B.",
  eachFirst:
    "In sentence A the first guess is “{a}”, {aInA} (in B {aInB}). In sentence B it is “{b}”, {bInB} (in A {bInA}).",
  probabilityInA: "probability in A",
  probabilityInB: "probability in B",
  compareTable: "The first guesses for both sentences",
  otherLengths:
    "Attention is drawn side by side only for sentences of the same length. Here A has {a} tokens and B has {b}.",
  linksOfHead: "Where each token looks: head {head} of layer {layer}",
  linksHint:
    "Each row is a token that looks, each column one that is looked at. The stronger the colour, the larger the weight.",
  matrixLabel:
    "{sentence}: the attention weights of head {head} of layer {layer}. The table below has the large ones.",
  compareLinks:
    "Attention of head {head} of layer {layer}: weights of {least} or more in A or in B",
  from: "token",
  to: "looks at",
  weightInA: "weight in A",
  weightInB: "weight in B",
  compareLimits:
    "Not why the guesses differ: two sentences may differ in more than what you had in mind. Attention shows where a head looked, not what the answer hangs on; switch the head off to see that.",
  moment: "Moment of the training",
  stage: "after step {step}: {tokens} tokens read, loss {loss}",
  finished: "finished model",
  play: "Play",
  pause: "Pause",
  nextMoment: "Next",
  stageCosts:
    "Each earlier moment is loaded when the slider first gets there, about {size} MB. Coming back to it is quick.",
  stageLoading: "Loading the model as it was after step {step} …",
  stageFailed:
    "The model after step {step} could not be loaded ({why}). Move the slider to try again.",
  noStages:
    "This model brings no earlier moments of its training; only a model of the workbook does. So there is the finished one alone.",
  atStep: "after step {step}",
  atEnd:
    "The finished model's first guess is “{token}”, {share}. Move the slider to see how it came to that.",
  atStepSame:
    "After step {step} ({tokens} tokens read, loss {loss}) the first guess is “{first}”, {firstShare}; it is the finished model's too, there with {share}.",
  atStepOther:
    "After step {step} ({tokens} tokens read, loss {loss}) the first guess is “{first}”, {firstShare}. The finished model's is “{token}”, {share}; at this step it has {then}.",
  momentsTable: "The first guesses at this moment and at the end",
  growth: "How the finished model's first guesses grew",
  growthHint:
    "Each column is a moment of the training, by its step; the bars are as high as the numbers below them say. A dot is a moment that you have not been to with this sentence.",
  stepColumn: "step",
  end: "end",
  unseen: "·",
  momentsLimits:
    "Not how training goes in general: this is one run, with one order of texts and one random start, seen at a few of its steps. The earlier moments are stored in seven bits a weight, so their last digits are not exact. That a guess becomes more probable does not say from which texts it was learned.",
  // one word changed
  changeWord: "Words that change",
  changeHint:
    "Press a word, and type what stands there in sentence B. An empty field leaves the word as it is.",
  pickFirst: "Press a word above first",
  becomes: "“{word}” becomes",
  wordChanged: "{word} → {to}",
  nothingChanged:
    "Nothing is changed yet. Press a word under “Words that change”, and type another one.",
  tooDifferent:
    "The two sentences differ in more than single words. Press a word under “Words that change”, and type another one.",
  sameTokens:
    "The model reads the same tokens in both sentences, so nothing moves. Type another word.",
  cutAway: "The covered place does not fit into the model any more. Take a shorter sentence.",
  with: "with “{name}”",
  probabilityWith: "probability with “{name}”",
  weightWith: "weight with “{name}”",
  log2Ratio: "log2 of the ratio",
  ratio: "in words",
  timesMore: "{times} times as likely with “{name}”",
  farMore: "more than {many} times as likely with “{name}”",
  aboutEqual: "about as likely with both",
  pairTable: "The guesses that move most at the covered place",
  pairTold:
    "With “{after}” in the place of “{before}”, {moved} of the probability moves to other words. “{rises}” rises most ({riseFrom} to {riseTo}), “{falls}” falls most ({fallFrom} to {fallTo}).",
  variation:
    "The total variation distance is {distance}: that share of the probability moves. 0 would be the same guesses, 1 no guess in common.",
  headsGrid: "How far each head's attention from the covered place moves",
  headColumn: "head {head}",
  headsHint:
    "0 % means that the head looks at the same places with the same weights, 100 % that it looks elsewhere altogether. The stronger the colour, the more it moves; framed is the head that moves most.",
  headsTable: "How far each head's attention from the covered place moves, the farthest first",
  movedColumn: "attention moved",
  rowOfHead: "Head {head} of layer {layer}: where the covered place looks",
  headsTold:
    "The attention from the covered place moves most in head {head} of layer {layer}: {moved} of it.",
  noHeads:
    "Heads are compared only where both sentences have the same number of tokens; here they have {a} and {b}.",
  head: "head",
  pairLimits:
    "Not a measure of bias: one pair shows one pair. The two words differ in more than you mean, for example in how frequent they are or in the style of the texts that they stand in. To speak of bias takes an audit over many pairs, with intervals. Attention that moves did not have to matter for the guesses.",
  // attention
  attPress: "A press on a word",
  attPress_ask: "shows where it looks",
  attPress_cover: "covers it",
  attWay: "Show",
  attWay_lines: "one head as lines",
  attWay_matrix: "one head as a matrix",
  attWay_token: "one token of a head",
  attWay_average: "the mean of a layer",
  attWay_rollout: "rollout up to a layer",
  attHeads: "All heads: {layers} layers with {heads} heads each. Arrow keys go from head to head.",
  attHeadColumn: "head {head}",
  attLayerRow: "layer {layer}",
  attHead: "Layer {layer}, head {head}",
  attHeadIs: "Layer {layer}, head {head}:",
  attPrevious: "{share} of its attention goes to the token before.",
  attNext: "{share} of its attention goes to the token after.",
  attSelf: "{share} of its attention goes to the token itself.",
  attFirst: "{share} of its attention goes to [CLS].",
  attLast: "{share} of its attention goes to [SEP].",
  attSpread: "It has no plain habit here: its attention is spread, or depends on the words.",
  attPreviousShort: "before {share}",
  attNextShort: "after {share}",
  attSelfShort: "itself {share}",
  attFirstShort: "[CLS] {share}",
  attLastShort: "[SEP] {share}",
  attSpreadShort: "no habit",
  attIsOff: "It is switched off.",
  attOffShort: "off",
  attMoves: "Switched off alone, it moves {share} of the guess.",
  attMovesShort: "moves {share}",
  attTakesLead: "Without it “{token}” leads the words you watch.",
  attTakesLeadShort: "“{token}” leads",
  attGridHint:
    "Each square is one head: its rows look, its columns are looked at. Under it stands where most of its attention goes, in mean over the tokens of this sentence. Press a square to see it large.",
  attManyHint:
    "Each square is one head: its rows look, its columns are looked at. A row of squares is a layer. Press a square to see it large.",
  attBare: "Leave [CLS] and [SEP] out of the drawings",
  attBareHint:
    "Left out of drawings, tables and strongest links; the model still reads them. Nothing is scaled up, so the weights of a token no longer sum to 100 %.",
  attAverage: "Mean of the heads of layer {layer}",
  attAverageIs: "Mean of the heads of layer {layer}:",
  attAverageHint: "All heads of the row in the grid, each with the same say.",
  attRollout: "Rollout up to layer {layer}",
  attRolloutIs: "Rollout up to layer {layer}:",
  attRolloutHint:
    "How much of each token that came in (columns) is in each place after this layer (rows), if half of every layer goes by its heads and half passes them by.",
  attRolloutCorner: "place ↓ holds →",
  attRolloutCell: "“{from}” holds of “{to}”: {share}",
  attRolloutStrongest:
    "leaving aside what a place holds of its own token, the largest shares are {links}.",
  attRolloutLink: "“{to}” in “{from}” ({share})",
  attRolloutLooks: "the place of “{token}” holds most of {targets}.",
  attRolloutSeen: "most of “{token}” is in the places of {targets}.",
  attRolloutTable:
    "{name}: how much each place (row) holds of each token that came in (columns), in %",
  attFrom: "looks",
  attTo: "is looked at",
  attCorner: "looks ↓ at →",
  attLinesBox: "Lines from each token to those it looks at",
  attMatrixBox: "Matrix: which token looks at which",
  attPoint: "Point at a cell to read its weight.",
  attCell: "“{from}” looks at “{to}”: {share}",
  attPieces:
    "A token that begins with ## goes on with the word before it; press a word again for its next token.",
  attScrolls: "The drawing is larger than its window: scroll inside it.",
  attDarker: "The stronger the colour, the larger the weight:",
  attShare: "{share} %",
  attLeast:
    "The stronger and thicker a line, the larger the weight; under {share} % there is none. Press a token to see its lines alone.",
  attToken: "Token",
  attLooksTitle: "Where “{token}” looks",
  attSeenTitle: "Who looks at “{token}”",
  attColumnHint:
    "What a token gives away sums to 100 %. What it gets need not: each share is a part of another token's 100 %.",
  attLink: "from “{from}” to “{to}” ({share})",
  attTarget: "“{token}” ({share})",
  attStrongest: "the strongest links are {links}.",
  attLooks: "“{token}” looks most at {targets}.",
  attSeen: "Those that look most at “{token}” are {targets}.",
  attSwitchOff: "Switch layer {layer}, head {head} off",
  attOffList:
    "Off: {heads}. What a head that is off would look at is still drawn, but nothing of it goes on to the next layer.",
  attAllOn: "All heads on again",
  attGuesses: "Does it matter for the guess?",
  attNothingCovered:
    "No word is covered, so there is no guess to watch. Write [MASK] in place of a word, or choose “covers it” above and press a word.",
  attWatch: "Words to watch",
  attWatchHint:
    "For example: was were. They stand above with the mark ◂, however improbable they are.",
  attUnknown: "“{token}” is no single token of this model, so it cannot be watched.",
  attFromTo: "{before} → {after}",
  attScale: "The longest bar is {share}.",
  attBarsHint:
    "Upper bar: all heads on. Lower bar: without the heads that are off. The longest bar is {share}.",
  attStays:
    "With the heads that are off, the first guess at covered place {n} stays “{before}” ({beforeShare}, now {afterShare}); {moved} of the probability moves to other words.",
  attChanges:
    "With the heads that are off, the first guess at covered place {n} turns from “{before}” ({beforeShare}) to “{after}” ({afterShare}); {moved} of the probability moves to other words.",
  attLeadStays: "Of the words you watch, “{before}” still leads ({beforeShare}, now {afterShare}).",
  attLeadChanges:
    "Of the words you watch, “{before}” led ({beforeShare}); now “{after}” leads ({afterShare}).",
  attTry: "Try all {all} heads, one at a time",
  attTrying: "Trying head {n} of {all} …",
  attMost: "Switched off alone, layer {layer}, head {head} moves most of the guess: {share}.",
  attThen: "Next is layer {layer}, head {head}: {share}.",
  attWatchFirst:
    "To ask about one choice, such as “was” or “were”, write both into “Words to watch” and try again.",
  attLeads: "Of the words you watch, “{token}” leads at covered place {n} ({share}).",
  attOdds:
    "Among them it has {before}. Layer {layer}, head {head} matters most to that: without it, the share is {after}.",
  attNoTurn: "No single head takes its lead away.",
  attTurn: "Without layer {layer}, head {head}, “{token}” takes the lead ({share}).",
  attTable: "{name}: how each token (row) spreads its attention over the tokens (columns), in %",
  attTokenTable: "{name}: where “{token}” looks, and who looks at it, in %",
  attGuessTable: "The guesses for each covered place, and what becomes of them",
  attAllOnColumn: "all heads on",
  attOffColumn: "with heads off",
  attTriedTable: "Each head switched off alone",
  attTriedColumn: "switched off",
  attMovedColumn: "moves",
  attFirstColumn: "first guess",
  attLimits:
    "A weight says where a head looked, not what the answer hangs on: it does not say what was carried along (the values), and much of what a token becomes passes by the heads, on the residual path. A mean hides heads that do opposite things. Rollout supposes that exactly half of each layer passes by its heads, and leaves out values, feed-forward networks and norms (Abnar & Zuidema 2020, arXiv:2005.00928). A head that is switched off hands on zeros, a blow that the model never met in training; and heads stand in for each other, so one that seems useless alone may matter together with others. How much of a guess moves is counted over its 50 likeliest words and all others taken together, so it is the least that moves. One sentence shows no habit. Whether attention explains an answer is disputed: Jain & Wallace 2019 (arXiv:1902.10186), Wiegreffe & Pinter 2019 (arXiv:1908.04626).",
  // exposure
  expoTimes: "How often did the training text say the code?",
  expoTimesOne: "{n} ×",
  expoWhose: "Whose locker",
  expoGuess: "Your guess of the code",
  expoGuessHint: "three digits; you may leave it empty",
  expoAll: "Rank the codes of all {n} lockers",
  expoHistogram: "“{sentence}”: all {n} codes, by what the model gives them",
  expoTrue: "the true code",
  expoYours: "your guess",
  expoLikely: "← few bits: likely",
  expoUnlikely: "many bits: unlikely →",
  expoFirst:
    "The locker of {name} (the text says its code {times} ×): of all {size} codes, the model finds the true one, {code}, the likeliest. Its exposure is {bits} bits, the most there can be. Whoever asks this model needs one guess.",
  expoLine:
    "The locker of {name} (the text says its code {times} ×): of all {size} codes, the true one, {code}, stands in place {rank}. Its exposure is {bits} bits; the most there can be is {most}.",
  expoRight: "Your guess is the true code.",
  expoNoCode: "Your guess is not a code: type three digits.",
  expoBefore:
    "Your guess, {code}, stands in place {rank}, before the true one. The model needs {bits} bits for it.",
  expoAfter:
    "Your guess, {code}, stands in place {rank}, behind the true one. The model needs {bits} bits for it.",
  expoOwn:
    "This is your model: how often a code was said holds for the workbook's model, not for yours.",
  expoNone:
    "Nothing is known of secrets in this model's training text, so there is none to look for. The model lockers-toy brings a list of its own.",
  expoNoDigit:
    "The digit {digit} is no token of this model, so it cannot be asked for a code. Choose a model that has all ten digits.",
  expoCurve: "Exposure in bits of every code that was ranked so far",
  expoTimesColumn: "said",
  expoSecret: "locker {n}",
  expoMean: "mean",
  expoCurveHint:
    "A dot is a code that you have not ranked. A code that was never said has {chance} bits on average, by luck; the most is {most} bits. The stronger the colour, the more exposed; framed is the locker above.",
  expoTable: "The {n} likeliest codes, and where the true one and your guess stand",
  expoCode: "code",
  expoRank: "place",
  expoLoss: "bits that the model needs for it",
  expoExposure: "exposure in bits, were it the secret",
  expoNote: "what it is",
  expoLimits:
    "Not that a code in a low place is safe: another way of asking may find it. The attacker here knows the sentence, the person and that the code has three digits; with other knowledge the list is another, and so is the exposure. Few bits and a high place mean a likely code, not a remembered one: codes that were never said have a first place, too. Twenty codes of one model share its text and its training; the chapter has the spread over ten models. Exposure is by Carlini and others 2019 (arXiv:1802.08232).",
};
