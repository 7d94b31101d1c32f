command-help = help aide
command-help-help = see what I can do
help =
    Here is what you can write to me:
    { $lines }
