export function View(props: Props): Element {
  const [a, b] = useState(0);
  return <div>{a}{props.name}</div>;
}
