"""The desk: the content team's place in the browser, Arabic first. It shows, and it takes decisions down.

`app.create` puts it together. Every page needs somebody signed in, works without JavaScript, and exists in
three languages. The rules it follows stand elsewhere: it calls the verbs of `campaigns` and adds none.
"""
