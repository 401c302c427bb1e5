"""The Streamlit app: one page a file, charts as pure functions, no logic and no SQL."""
