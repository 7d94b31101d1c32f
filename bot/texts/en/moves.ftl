moved-out = The room “{ $title }” was replaced by another one, and I could not enter it. Invite me into the new room: the link will follow.
shut-kicked = I was put out of the group “{ $title }”. What is meant for it waits for 24 hours. Put me back, and nothing will be lost.
shut-rights = I can no longer write in the group “{ $title }”. What is meant for it waits. Let me write again, and nothing will be lost.
shut-topic-closed = The linked topic of the group “{ $title }” is closed. What is meant for it waits. Open it again, and nothing will be lost.
