"""What a student should do next, from the states of the exercises."""

AGAIN = "Hand in again, if your instructor still takes it."


def next_steps(items, checked):
    """(text, item or None, text) of each thing to do, the most useful first; the item is what a link leads to.

    `checked` tells whether the checks could be run at all.
    """
    begun = [one for one in items if one.open and one.state != "not started"]
    fresh = [one for one in items if one.state == "not started"]
    if begun:
        yield "Begin with", begun[0], ", and read its “likely cause” first." if _cause(begun[0]) else "."
    if fresh:
        more = f", and {len(fresh) - 1} more." if len(fresh) > 1 else "."
        yield "Not started yet:" if begun else "Begin with", fresh[0], more
    for text in _general(begun or fresh, checked, items):
        yield text, None, ""


def _cause(item):
    return any(label == "likely cause" for label, _ in item.rows)


def _general(todo, checked, items):
    if not checked:
        yield "No check could be run: look at what this page says of your files."
        yield AGAIN
    elif todo:
        yield "Change the cell in your own notebook and run the check below it, as often as you like."
        yield AGAIN
    elif any(one.state == "waiting" for one in items):
        yield "Nothing, for now. You will get this page again when your instructor has read all answers."
    elif items:
        yield "Nothing is open here: go on with the next step of the course."
