command-objection = object objection
command-objection-help = object to a use of your data; a human answers
objection-how = Write what you object to, after the command: { $prefix }object I do not want… A human will answer within a month.
objection-enough = You already have three objections without an answer. A human will answer them.
objection-noted = Noted as number { $number }. A human will answer within a month, in private. The answer will be in { $prefix }mydata too.
objection-came = Objection { $number }: somebody objects to a use of their data. Answer before { $until }. To read it, in private: “objections”.
objection-answer = Answer to your objection { $number }: { $answer }
command-objections = objections
command-objections-help = read objections, and answer them
objections-open =
    { $lines }
    To answer: { $prefix }objections number answer
objections-line = { $number }, before { $until }: { $words }
objections-none = No objection waits for an answer. ({ $prefix }objections){ $lines }
objections-answered = The answer to objection { $number } was sent.
objections-late = { $count ->
    [one] One objection has waited twenty days for its answer: the law gives a month.
   *[other] { $count } objections have waited twenty days for their answer: the law gives a month.
}
