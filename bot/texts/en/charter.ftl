command-charte = charter charte
command-charte-help = read the circle's charter, and accept it
charter-type-yes = oui yes accepte accept
charter-type-no = non no
charter-type-write = ecrire écrire write
charter-type-own = origine original
charter-type-entry = entree entrée entry
charter-type-question = question
charter-type-admit = admettre admit
charter-type-decline = refuser decline
charter-title = <b>The charter of the circle “{ $circle }”</b>
charter-own =
    Welcome! Here we talk as neighbours:
    • We stay courteous, even when we do not agree.
    • We ask before we give somebody's name, address or photo.
    • We check before we raise an alarm, and correct ourselves when we were wrong.
    • We leave advertising and swindles outside.
    • A message bothers you? Answer it with { $prefix }abuse: a moderator will read it.
charter-page = { $page }
charter-new =
    📜 The circle's charter has changed. Nothing to do if it suits you; you may also accept it here.
    { $page }
charter-accept = I accept
charter-accept-typed = To accept it, write here: { $prefix }charter yes
charter-accepted = ✅ You have accepted it.
charter-thanks = Thank you, noted. Welcome to the circle “{ $circle }”!
charter-taken-back = Noted: you no longer accept the charter. Nothing else changes for you.
charter-newer = The charter has changed since. Here it is.
charter-nowhere = I know you in no circle. Write this command in the group of your neighbourhood.
charter-where = You look after several circles. Write this command in the group of the circle that you mean.
charter-how =
    You may change it:
    { $prefix }charter write, then the text
    { $prefix }charter original: go back to the original text
    { $prefix }charter entry yes, or no: have those who ask to come in read it
    { $prefix }charter question, then the question: what you ask them
charter-write-how = Write { $prefix }charter write, then the text, { $most } characters at most.
charter-written = Noted. The charter of the circle “{ $circle }” is at version { $version } now. Each group of the circle reads it once, without a sound.
charter-door = 👋 You ask to come into the circle “{ $circle }”. This is its charter:
charter-enter = I accept, let me in
charter-entered = That is done already, or your request is no longer there.
charter-later = Many people are coming at this moment. Try again in an hour, your request stays.
charter-question =
    Thank you. One more question, and somebody will open the door:
    { $question }
    Answer here, in a few words. Only the circle's team will read your answer. I erase it as soon as it is decided, or after 7 days.
charter-answer-in-words = Please answer in a few words: I cannot pass on anything else.
charter-answered = Thank you. The circle's team has your answer and decides. Then I erase it.
charter-decide =
    🚪 { $name } asks to come into the circle “{ $circle }” and has accepted the charter. Answer to your question:
    <blockquote>{ $answer }</blockquote>
    These words are for you alone. I take them away as soon as it is decided.
charter-decide-unasked = 🚪 { $name } asks to come into the circle “{ $circle }”. I could not write to them to show the charter.
charter-decide-typed = {" "}To decide: { $prefix }charter admit { $id } or { $prefix }charter decline { $id }
charter-admit = Let in
charter-decline = Decline
charter-decided = That is decided already.
charter-decided-yes = Done: the door is open.
charter-decided-no = Done: the request is declined.
charter-welcome = 👋 The team opens the door of the circle “{ $circle }” to you. Welcome!
charter-declined = The team of the circle “{ $circle }” has not accepted your request. I have erased your answer.
charter-shut-yes = I could not let somebody into the circle “{ $circle }”: { $why } You can do it yourself, among the group's requests.
charter-shut-no = I could not decline a request to come into the circle “{ $circle }”: { $why } You can do it yourself, among the group's requests.
charter-entry-on = Noted. Whoever asks to come into the circle “{ $circle }” reads the charter first. Accepting it lets them in, or leads to your question.
charter-entry-off = Noted. I leave requests to come into the circle “{ $circle }” to those who administer the group.
charter-entry-how = Write { $prefix }charter entry yes, or { $prefix }charter entry no.
charter-question-on =
    Noted. Whoever asks to come into the circle “{ $circle }” reads the charter, then this question:
    { $question }
    The team gets the answer in private, and decides.
charter-question-off = Noted. The circle “{ $circle }” asks no question any more.
charter-question-how = Write { $prefix }charter question, then the question, { $most } characters at most. To ask none any more: { $prefix }charter question no
