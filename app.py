"""ResNet Explorer: streamlit run app.py.

This file is read three times over: by the server, which serves `app`; for each run of a page,
as `__main__`; and by a process spawned for a training, which needs none of it.
"""

if __name__ == "__main__":
    import streamlit as st

    from explorer import words
    from explorer.ui import controls, frame, navigation, network_here, sidebar, tour
    from explorer.ui.server import speed

    words.ask(controls.language)
    controls.begin()
    page = navigation.begin()
    controls.begin_page(page.url_path)
    title = words.label("app.tab", page=page.title)
    st.set_page_config(page_title=title, page_icon="🧱", layout="wide")
    frame.logo()
    frame.dress()
    tour.begin()
    complaints = sidebar.draw()
    touring = tour.line()
    network_here.draw()
    # In the page, because the sidebar is closed on a telephone.
    for sentence in complaints:
        st.warning(sentence, icon=":material/warning:")
    page.run()
    # In a lesson its own line leads on.
    if not touring:
        navigation.onward(page.url_path)
    speed.page_is_out()
elif __name__ == "app":
    from streamlit import App

    from explorer.ui import server

    app = App(__file__, **server.around())
