someone = Someone · { $circle } { $number }
not-yours = This command is not open to you here.
broken = Something went wrong on our side. If it happens again, give this reference to the town hall: { $reference }
