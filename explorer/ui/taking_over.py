"""What the controls of a part that is said again hold: what their browser tells, what the app has
put into them, and what is usual for those that come back.

Every other value a browser must be told by drawing the control.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_cache import populate_hash_if_needed
from streamlit.runtime.state.common import user_key_from_element_id
from streamlit.runtime.state.presentation import apply_presenter

from explorer.ui.recording import Drawn, Here
from explorer.ui.server.handing import Several

_VALUES: Final = {"slider": "value", "selectbox": "raw_value"}
"""Kinds of controls that are told a value -> where."""


def gone(place: Here, kept: Drawn) -> dict[str, Any]:
    """The controls of this part that the browser does not have now, and what each will hold unless
    it is told otherwise. What an address says of one of them it is to be told: as something that
    nothing equals."""
    state, found = place.context.session_state._state, {}
    for control in kept.controls:
        if _is_there(state, control):
            continue
        key = user_key_from_element_id(control.id)
        if control.bind and key and state.query_params.has_param(key):
            found[control.id] = object()
        else:
            found[control.id] = apply_presenter(state, control.id, control.deserializer(None))
    return found


def _is_there(state: Any, control: Any) -> bool:
    """With each click a browser tells what all its controls hold, but for buttons and drawings.
    Of those that keep their value for when they are drawn again, Streamlit knows it meanwhile."""
    kept_for_later = control.bind or control.persist_state
    return control.id in state._new_widget_state.states or (
        control.id in state._old_state and not kept_for_later
    )


def put_into(place: Here, kept: Drawn) -> bool:
    """Whether the app has put a value into one of this part's controls in this run."""
    new = place.context.session_state._state._new_session_state
    return bool(new) and any(user_key_from_element_id(one) in new for one in kept.ids)


def taken_over(
    place: Here, kept: Drawn, before: Sequence[Any], now: Sequence[Any]
) -> Several | None:
    """Let Streamlit take note of what a part's controls hold `now`, in the order of their ids, and
    return what is to be said: the same where that is what the browser says, with the value where
    the app has put one; None where the part must be drawn."""
    state, known = place.context.session_state._state, {one.id: one for one in kept.controls}
    every = {one: user_key_from_element_id(one) for one in kept.ids}
    keys = {
        one: every[one]
        for one, old, new in zip(kept.ids, before, now, strict=True)
        if old != new or state.is_new_state_value(every[one])
    }
    put = {}
    for one, key in keys.items():
        if one not in known:
            return None
        if state.is_new_state_value(key):
            put[one] = known[one].serializer(state[key])
        # Streamlit would tell the browser a value: of a section left before, too.
        elif one not in state._new_widget_state or (
            key in state._old_state and not state.query_params.has_param(key)
        ):
            return None
    messages = kept.messages
    if put:
        told = [_telling(one, put) for one in messages]
        messages = Several([one for one in told if one])
        if len(messages) < len(told):
            return None
    for one, key in keys.items():
        place.context.session_state.register_widget(known[one], key)
    return messages


def _telling(message: ForwardMsg, put: Mapping[str, Any]) -> ForwardMsg | None:
    """The same message, and if it is of a control that the app has `put` a value into, with that;
    None where there is no other way than to draw the control."""
    kind = str(message.delta.new_element.WhichOneof("type"))
    control = str(getattr(getattr(message.delta.new_element, kind, None), "id", ""))
    if control not in put:
        return message
    value = put[control]
    if kind not in _VALUES or value is None:
        return None
    return _told(message, kind, value if kind == "slider" else [value])


def told_nothing(message: ForwardMsg) -> ForwardMsg:
    """The same message without the value that it tells."""
    kind = str(message.delta.new_element.WhichOneof("type"))
    if kind in _VALUES and getattr(message.delta.new_element, kind).set_value:
        return _told(message, kind, [])
    return message


def _told(message: ForwardMsg, kind: str, values: Sequence[Any]) -> ForwardMsg:
    """A control's message with other values to take over, or with none."""
    told = ForwardMsg()
    told.CopyFrom(message)
    control = getattr(told.delta.new_element, kind)
    control.ClearField(_VALUES[kind])
    if kind == "slider":
        control.value.extend(values)
    elif values:
        control.raw_value = values[0]
    control.set_value = told.delta.new_element.has_one_shot_effect = bool(values)
    told.ClearField("hash")
    populate_hash_if_needed(told)
    return told
